// Taking a call: what is typed is looked at while it is typed. It is held by this page alone and sent in the body of a request.
// @ts-check
const page = /** @type {HTMLElement} */ (document.getElementById("triage"));
const form = /** @type {HTMLFormElement} */ (document.getElementById("look"));
const box = /** @type {HTMLInputElement} */ (document.getElementById("text"));
const code = /** @type {HTMLInputElement} */ (document.getElementById("code"));
const day = /** @type {HTMLInputElement} */ (document.getElementById("day"));
const event = /** @type {HTMLSelectElement} */ (document.getElementById("event"));
const said = /** @type {HTMLElement} */ (document.getElementById("said"));
const REGIONS = ["alarm", "finding", "card", "deadlines", "lines", "paper"];
const PAUSE = 120;
const PAUSE_BEFORE_WORDS = 350;
const IDLE = 10 * 60 * 1000;

let chosen = page.dataset.chosen ?? "";
let timer = 0;
let wordsTimer = 0;
let idleTimer = 0;
/** The request under way; a newer one aborts it. */
let asking = new AbortController();
/** Whether what is shown belongs to what is typed. */
let settled = true;
/** @type {Promise<boolean>} */
let shown = Promise.resolve(true);

/** @param {string} text */
const tell = (text) => {
  if (said.textContent !== text) said.textContent = text;
};

/** What the server has for the words as they stand; null where a newer request took its place. @param {string} part */
const fetched = async (part) => {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) fields.append(name, String(value));
  if (chosen) fields.set("choose", chosen);
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: fields,
      headers: { "x-fragment": part, accept: "text/html" },
      signal: asking.signal,
      cache: "no-store",
    });
    const text = await answer.text();
    const made = new DOMParser().parseFromString(text, "text/html");
    if (made.getElementById(part === "words" ? "decided" : "finding")) return made;
    throw new Error("no fragment");
  } catch (error) {
    if (/** @type {Error} */ (error).name === "AbortError") return null;
    tell(page.dataset.signedOut ?? "");
    const place = document.getElementById("finding");
    const link = document.createElement("a");
    link.href = "/staff";
    link.textContent = page.dataset.signedOut ?? "";
    place?.replaceChildren(link);
    return null;
  }
};

/** @param {Document} made @param {string} id */
const put = (made, id) => {
  const now = document.getElementById(id);
  const next = made.getElementById(id);
  if (!now || !next || now.outerHTML === next.outerHTML) return;
  const focused = now.contains(document.activeElement) ? document.activeElement?.id : "";
  now.replaceWith(next);
  if (focused) document.getElementById(focused)?.focus();
};

const showScripted = () => {
  for (const one of document.querySelectorAll(".scripted[hidden]")) one.removeAttribute("hidden");
};

const look = async () => {
  clearTimeout(timer);
  clearTimeout(wordsTimer);
  asking.abort();
  asking = new AbortController();
  const made = await fetched("1");
  if (!made) return false;
  for (const id of REGIONS) put(made, id);
  showScripted();
  settled = true;
  tell(document.getElementById("finding")?.dataset.summary || (box.value ? "" : (said.textContent ?? "")));
  if (box.value.trim()) wordsTimer = window.setTimeout(words, PAUSE_BEFORE_WORDS);
  return true;
};

const words = async () => {
  const made = await fetched("words");
  if (made && settled) put(made, "decided");
};

const lookNow = () => (shown = look());

const lookSoon = () => {
  settled = false;
  clearTimeout(timer);
  clearTimeout(wordsTimer);
  timer = window.setTimeout(lookNow, PAUSE);
};

/** Nothing stays: not in the fields, not in what is shown, whether or not the server can be reached. */
const wipe = () => {
  clearTimeout(timer);
  clearTimeout(wordsTimer);
  asking.abort();
  chosen = "";
  settled = true;
  for (const field of [box, code, day]) field.value = "";
  event.selectedIndex = [...event.options].findIndex((one) => one.value === "conference");
  for (const id of ["alarm", "finding", "card", "deadlines", "paper"]) document.getElementById(id)?.replaceChildren();
  document.getElementById("alarm")?.setAttribute("hidden", "");
  tell(page.dataset.cleared ?? "");
};

const clear = () => {
  wipe();
  lookNow();
};

// Without a request, which would keep the session of somebody who has gone.
const restartIdle = () => {
  clearTimeout(idleTimer);
  idleTimer = window.setTimeout(wipe, IDLE);
};

const fits = () => /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll(".fits button")]);

/** Shown as chosen at once: the next key may come before the answer does. @param {string} topic */
const choose = (topic) => {
  chosen = topic;
  settled = false;
  for (const row of fits()) row.setAttribute("aria-pressed", String(row.value === topic));
  return lookNow();
};

/** @param {number} by */
const step = (by) => {
  const rows = fits();
  const at = rows.findIndex((row) => row.getAttribute("aria-pressed") === "true");
  const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
  if (next) choose(next.value);
};

/** To the answer, once what is shown belongs to what is typed. */
const goToAnswer = async () => {
  if (!(settled ? await shown : await lookNow())) return;
  const answer = document.getElementById("answer");
  if (!answer) return;
  answer.focus();
  answer.scrollIntoView({ block: "start" });
};

/** @param {string} id */
const copy = async (id) => {
  const source = document.getElementById(id);
  if (!source) return;
  const text = source instanceof HTMLTextAreaElement ? source.value : source.innerText;
  try {
    await navigator.clipboard.writeText(text);
    tell(page.dataset.copied ?? "");
  } catch {
    // Without a secure connection browsers give no clipboard.
    if (source instanceof HTMLTextAreaElement) source.select();
    else window.getSelection()?.selectAllChildren(source);
    tell(document.execCommand("copy") ? (page.dataset.copied ?? "") : (page.dataset.notCopied ?? ""));
  }
};

const goToLeaflet = () => {
  const leaflet = /** @type {HTMLDetailsElement | null} */ (document.getElementById("leaflet"));
  const text = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("leaflet-text"));
  if (!leaflet || !text) return;
  leaflet.open = true;
  text.focus();
  text.select();
};

/** @type {Record<string, () => void>} */
const WITH_ALT = { KeyC: () => copy("phone"), KeyL: goToLeaflet, KeyP: () => window.print() };

/** @param {KeyboardEvent} press */
const onKey = (press) => {
  if (press.isComposing) return;
  const place = Number(press.key);
  if (press.altKey && !press.ctrlKey && !press.metaKey && WITH_ALT[press.code]) {
    press.preventDefault();
    WITH_ALT[press.code]();
  } else if (press.ctrlKey && !press.altKey && place >= 1 && place <= 3 && fits()[place - 1]) {
    press.preventDefault();
    choose(fits()[place - 1].value);
  } else if (press.key === "Escape" && press.target !== day && press.target !== event) {
    press.preventDefault();
    clear();
    box.focus();
  } else if (press.target === box && (press.key === "ArrowDown" || press.key === "ArrowUp")) {
    press.preventDefault();
    step(press.key === "ArrowDown" ? 1 : -1);
  } else if (press.target === box && press.key === "Enter") {
    press.preventDefault();
    goToAnswer();
  }
};

/** @param {Event} click */
const onClick = (click) => {
  const target = /** @type {HTMLElement} */ (click.target);
  const copies = target.closest("[data-copies]")?.getAttribute("data-copies");
  const topic = target.closest("[data-topic]")?.getAttribute("data-topic");
  const fit = /** @type {HTMLButtonElement | null} */ (target.closest(".fits button"));
  if (copies) copy(copies);
  if (target.closest("[data-prints]")) window.print();
  if (target.closest("#clear")) {
    click.preventDefault();
    clear();
    box.focus();
  }
  if (fit) {
    click.preventDefault();
    choose(fit.value);
  } else if (topic && !(/** @type {MouseEvent} */ (click).ctrlKey || /** @type {MouseEvent} */ (click).metaKey)) {
    click.preventDefault();
    choose(topic).then(goToAnswer);
  }
};

box.addEventListener("input", () => {
  chosen = "";
  lookSoon();
});
for (const field of [code, day, event]) field.addEventListener("input", lookSoon);
form.addEventListener("submit", (submit) => {
  submit.preventDefault();
  lookNow();
});
document.addEventListener("keydown", onKey);
document.addEventListener("click", onClick);
for (const kind of ["keydown", "pointerdown"]) document.addEventListener(kind, restartIdle);
// A page that is left is never shown again with words in it.
window.addEventListener("pagehide", () => {
  asking.abort();
  for (const field of [box, code, day]) field.value = "";
});
window.addEventListener("pageshow", (show) => {
  if (show.persisted) clear();
});

showScripted();
restartIdle();
box.focus();
