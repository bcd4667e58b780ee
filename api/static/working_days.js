// The time limits of a conference, counted from one day. Days are "YYYY-MM-DD"; nothing here knows a page or a clock.
// @ts-check

/** @typedef {{ step: string, on: string, steppedOver: string[] }} Deadline */

const DAY = 86_400_000;
const CONFERENCE_WITHIN = 15;
const CORE_GROUP_WITHIN = 10;
const FIRST_REVIEW_MONTHS = 3;
const NEXT_REVIEW_MONTHS = 6;

/** @param {number} time */
const iso = (time) => new Date(time).toISOString().slice(0, 10);

/** @param {string} day */
const weekday = (day) => new Date(day).getUTCDay() % 6 !== 0;

/**
 * The last working day, after so many of them; the first day does not count.
 * @param {string} step
 * @param {string} start
 * @param {number} count
 * @param {ReadonlySet<string>} holidays
 * @returns {Deadline}
 */
const working = (step, start, count, holidays) => {
  const steppedOver = [];
  let time = Date.parse(start);
  for (let left = count; left > 0; ) {
    time += DAY;
    const day = iso(time);
    if (!weekday(day)) continue;
    if (holidays.has(day)) steppedOver.push(day);
    else left -= 1;
  }
  return { step, on: iso(time), steppedOver };
};

/**
 * The same day so many months later, or the last day of that month where it has no such day.
 * @param {string} step
 * @param {string} start
 * @param {number} months
 * @returns {Deadline}
 */
const later = (step, start, months) => {
  const [year, month, day] = start.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return { step, on: iso(Date.UTC(year, month - 1 + months, Math.min(day, last))), steppedOver: [] };
};

/**
 * What has to follow an event on that day. `start` is "strategy", "conference" or "review".
 * @param {string} start
 * @param {string} on
 * @param {Iterable<string>} bankHolidays
 * @returns {Deadline[]}
 */
export const deadlines = (start, on, bankHolidays) => {
  const holidays = new Set(bankHolidays);
  if (start === "strategy") return [working("conference", on, CONFERENCE_WITHIN, holidays)];
  if (start === "conference") {
    return [working("core_group", on, CORE_GROUP_WITHIN, holidays), later("review", on, FIRST_REVIEW_MONTHS)];
  }
  return [later("next_review", on, NEXT_REVIEW_MONTHS)];
};
