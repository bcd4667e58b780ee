// The sheets: what is typed becomes a page to print or save, in this browser only. Nothing is sent, nothing is stored.
// @ts-check
import { deadlines } from "./working_days.js";

const page = /** @type {HTMLElement} */ (document.querySelector("[data-sheet]"));
const app = /** @type {HTMLElement} */ (document.getElementById("sheet-app"));
const words = page.dataset;
const MOST_POINTS = 20;
const LETTERS_ON_A_PAGE = 2600;
const LETTERS_OF_A_HEADING = 70;
// A saved file has to look like the sheet without us.
const FILE_STYLE =
  "body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:1.5rem auto;padding:0 1rem;color:#000;background:#fff;overflow-wrap:break-word}" +
  "h3{font-size:1.5rem;margin:0}h4{margin:1rem 0 .2rem}p,ul,dl{margin:.2rem 0}dt{font-weight:bold}dd{margin:0 0 .4rem}" +
  "p,dd{white-space:pre-wrap}.line{display:inline-block;min-width:9rem;border-bottom:1px solid #000;margin:0 1rem 0 .4rem}@page{margin:14mm}";

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} id @param {() => void} act */
const onClick = (id, act) => byId(id).addEventListener("click", act);

/** @param {string} id */
const copyOf = (id) => /** @type {HTMLTemplateElement} */ (byId(id)).content.cloneNode(true);

/**
 * @param {string | undefined} pattern
 * @param {Record<string, string>} values
 */
const filled = (pattern, values) => (pattern ?? "").replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

/**
 * @param {string} tag
 * @param {string} text
 * @param {string} [kind]
 */
const element = (tag, text, kind) => {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
};

/** @param {ParentNode} place */
const boxes = (place) =>
  /** @type {(HTMLInputElement | HTMLTextAreaElement)[]} */ ([...place.querySelectorAll("[data-field]")]);

/**
 * The answers of one question: what is typed, or the lines of what is ticked.
 * @param {Element} question
 */
const answers = (question) => {
  const typed = boxes(question).map((box) => box.value.trim());
  const ticked = /** @type {HTMLInputElement[]} */ ([...question.querySelectorAll("input[data-line]:checked")]);
  return [...typed, ...ticked.map((box) => box.dataset.line ?? "")].filter(Boolean);
};

/** @param {ParentNode} place */
const questions = (place) => /** @type {HTMLElement[]} */ ([...place.querySelectorAll(".question")]);

const points = () => /** @type {HTMLElement[]} */ ([...app.querySelectorAll("[data-row]")]);

const anythingTyped = () => questions(app).some((question) => answers(question).length > 0);

/* The sheet that is shown, printed and saved. */

/** @param {HTMLElement} question */
const part = (question) => {
  const lines = answers(question);
  if (!lines.length) return [];
  const made = element("section", "", "part");
  made.append(element("h4", question.dataset.part ?? ""));
  if (question.querySelector("input[type=checkbox]")) {
    const list = document.createElement("ul");
    list.append(...lines.map((line) => element("li", line)));
    made.append(list);
  } else {
    made.append(...lines.map((line) => element("p", line)));
  }
  return [made];
};

/**
 * @param {HTMLElement} point
 * @param {number} place
 */
const pointPart = (point, place) => {
  const rows = questions(point).filter((question) => answers(question).length);
  if (!rows.length) return [];
  const where = boxes(point).find((box) => box.dataset.field === "where")?.value.trim() ?? "";
  const made = element("section", "", "part point");
  made.append(element("h4", filled(where ? words.pointWhere : words.point, { number: String(place + 1), where })));
  const list = document.createElement("dl");
  for (const row of rows.filter((row) => !row.querySelector("[data-field=where]"))) {
    list.append(element("dt", row.dataset.part ?? ""), element("dd", answers(row).join("\n")));
  }
  if (list.children.length) made.append(list);
  return [made];
};

const show = () => {
  const apart = points();
  const rest = questions(app).filter((question) => !question.closest("[data-row]"));
  const parts = byId("sheet-parts");
  parts.replaceChildren(...apart.flatMap(pointPart), ...rest.flatMap(part));
  const empty = !anythingTyped();
  page.classList.toggle("empty", empty);
  byId("sheet-nothing").hidden = !empty;
  byId("sheet").hidden = empty;
  byId("sheet-save").toggleAttribute("disabled", empty);
  const length = (parts.textContent ?? "").length + LETTERS_OF_A_HEADING * parts.querySelectorAll("h4, dt").length;
  byId("sheet-long").hidden = length < LETTERS_ON_A_PAGE;
  const agreed = document.getElementById("sheet-agree-line");
  if (agreed) agreed.hidden = !rest.some((question) => answers(question).length);
};

const save = () => {
  const sheet = /** @type {HTMLElement} */ (byId("sheet").cloneNode(true));
  for (const gone of sheet.querySelectorAll("[hidden]")) gone.remove();
  for (const named of [sheet, ...sheet.querySelectorAll("[id]")]) named.removeAttribute("id");
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${words.fileTitle}</title><style>${FILE_STYLE}</style>`;
  const html = `<!doctype html><html lang="en-GB"><head>${head}</head><body>${sheet.outerHTML}</body></html>`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([html], { type: "text/html" }));
  link.download = `${words.file}.html`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  byId("sheet-status").textContent = filled(words.saved, { file: link.download });
};

/* The points of a disagreement. */

const number = () => {
  const all = points();
  all.forEach((point, place) => {
    const values = { number: String(place + 1) };
    const heading = /** @type {HTMLElement} */ (point.querySelector("[data-heading]"));
    const remove = /** @type {HTMLElement} */ (point.querySelector("button[data-remove]"));
    heading.textContent = filled(words.point, values);
    heading.id = `point-${values.number}-heading`;
    point.setAttribute("aria-labelledby", heading.id);
    remove.textContent = filled(words.remove, values);
    remove.id = `point-${values.number}-remove`;
    remove.hidden = all.length === 1;
    for (const box of boxes(point)) {
      const name = box.dataset.field ?? "";
      box.id = `point-${values.number}-${name}`;
      point.querySelector(`[data-for=${name}]`)?.setAttribute("for", box.id);
      /** @type {HTMLElement} */ (point.querySelector(`[data-hint=${name}]`)).id = `${box.id}-hint`;
      box.setAttribute("aria-describedby", `${box.id}-hint`);
    }
  });
  byId("point-add").toggleAttribute("disabled", all.length >= MOST_POINTS);
};

/** @param {string} said */
const sayOfPoints = (said) => {
  byId("points-status").textContent = said;
};

const addPoint = () => {
  byId("points").append(copyOf("point-fields"));
  number();
};

/** @param {HTMLElement} point */
const removePoint = (point) => {
  const place = points().indexOf(point);
  point.remove();
  number();
  show();
  sayOfPoints(filled(words.removed, { number: String(place + 1) }));
  const next = points()[Math.min(place, points().length - 1)];
  /** @type {HTMLElement} */ (next.querySelector("[data-heading]")).focus();
};

const mountPoints = () => {
  addPoint();
  onClick("point-add", () => {
    addPoint();
    const count = points().length;
    sayOfPoints(count >= MOST_POINTS ? words.most ?? "" : filled(words.added, { number: String(count) }));
    byId(`point-${count}-where`).focus();
  });
  byId("points").addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("button[data-remove]");
    const point = /** @type {HTMLElement | null} */ (button?.closest("[data-row]") ?? null);
    if (point) removePoint(point);
  });
};

/* Leaving by a link would lose what is typed, so it is asked once. The exit and telephone links are never held up. */

/** @type {HTMLAnchorElement | null} */
let heldLink = null;

/** @param {MouseEvent} event */
const hold = (event) => {
  const link = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest("a[href]"));
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const leads = /** @type {string} */ (link.getAttribute("href"));
  if (!/^(?:\/|https?:)/.test(leads) || leads.startsWith("/leave") || link.download || !anythingTyped()) return;
  event.preventDefault();
  heldLink = link;
  byId("sheet-going").hidden = false;
  byId("sheet-going-no").focus();
};

const mountGoing = () => {
  const going = byId("sheet-going");
  const stay = () => {
    going.hidden = true;
    heldLink?.focus();
  };
  onClick("sheet-going-no", stay);
  onClick("sheet-going-yes", () => heldLink && location.assign(heldLink.href));
  going.addEventListener("keydown", (event) => {
    if (event.key === "Escape") stay();
  });
};

const mountClear = () => {
  const sure = byId("sheet-sure");
  const decided = () => {
    sure.hidden = true;
    byId("sheet-clear").focus();
  };
  onClick("sheet-clear", () => {
    sure.hidden = false;
    byId("sheet-sure-no").focus();
  });
  onClick("sheet-sure-no", decided);
  // A fresh copy of the fields also leaves nothing for "undo" to bring back.
  onClick("sheet-sure-yes", () => {
    mount();
    byId("sheet-clear").focus();
    byId("sheet-status").textContent = words.cleared ?? "";
  });
};

const mountSheet = () => {
  if (words.sheet === "disagree") mountPoints();
  mountClear();
  mountGoing();
  onClick("sheet-print", () => window.print());
  onClick("sheet-save", save);
  show();
};

/* The dates of the timeline. */

const inWords = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

/** @param {string} day */
const dayWords = (day) => inWords.format(new Date(day)).replace(",", "");

const today = () => {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
};

/** @param {import("./working_days.js").Deadline} deadline */
const deadlineItem = (deadline) => {
  const key = `gives-${deadline.step.replace("_", "-")}`;
  const said = [filled(page.getAttribute(`data-${key}`) ?? "", { day: dayWords(deadline.on) })];
  if (deadline.on < today()) said.push(words.late ?? "");
  if (deadline.on === today()) said.push(words.today ?? "");
  if (deadline.steppedOver.length) said.push(filled(words.steppedOver, { days: deadline.steppedOver.map(dayWords).join(", ") }));
  return element("li", said.join(" "));
};

const showDates = () => {
  const box = /** @type {HTMLInputElement} */ (byId("dates-day"));
  const start = /** @type {HTMLInputElement} */ (app.querySelector("[name=dates-event]:checked")).value;
  const result = byId("dates-result");
  const usable = /^\d{4}-\d{2}-\d{2}$/.test(box.value) && box.value >= box.min && box.value <= box.max;
  box.setAttribute("aria-invalid", String(!usable));
  if (!usable) {
    const range = { first: dayWords(box.min), last: dayWords(box.max) };
    result.replaceChildren(element("p", filled(words.wrong, range), "notice"));
    return;
  }
  const list = document.createElement("ul");
  list.append(...deadlines(start, box.value, (words.holidays ?? "").split(" ")).map(deadlineItem));
  const made = element("div", "", "notice");
  made.append(element("p", filled(words.result, { day: dayWords(box.value) })), list);
  result.replaceChildren(made);
};

const mountDates = () => {
  onClick("dates-show", showDates);
  onClick("dates-clear", () => {
    mount();
    byId("dates-day").focus();
  });
  byId("dates-day").addEventListener("keydown", (event) => {
    if (event.key === "Enter") showDates();
  });
};

/* Everything typed lives in copies of the page's <template>; taking them away is what clears it. */

function unmount() {
  app.replaceChildren();
  page.classList.add("empty");
}

function mount() {
  app.replaceChildren(copyOf("sheet-fields"));
  if (words.sheet === "timeline") mountDates();
  else mountSheet();
}

for (const only of page.querySelectorAll(".without-script")) only.remove();
for (const only of page.querySelectorAll(".with-script")) /** @type {HTMLElement} */ (only).hidden = false;
page.classList.add("typing");
mount();
if (words.sheet !== "timeline") {
  app.addEventListener("input", show);
  app.addEventListener("change", show);
  document.addEventListener("click", hold);
}
addEventListener("pagehide", unmount);
addEventListener("pageshow", (event) => {
  if (event.persisted) mount();
});
