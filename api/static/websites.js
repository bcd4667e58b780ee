// The page for people who run a website: the code follows what is chosen, and the chat is shown with it. Nothing is sent.
// @ts-check
(() => {
  /** @typedef {HTMLInputElement | HTMLSelectElement} Field */
  const form = /** @type {HTMLFormElement | null} */ (document.getElementById("builder"));
  if (!form) return;
  const fields = /** @type {Field[]} */ ([...form.querySelectorAll("[name]")]);
  const codes = /** @type {HTMLTextAreaElement[]} */ ([...document.querySelectorAll("[data-template]")]);
  const preview = /** @type {HTMLElement} */ (document.getElementById("preview"));
  const corner = /** @type {HTMLElement} */ (document.getElementById("preview-corner"));
  const server = location.origin;
  const PAUSE = 400;
  /** @type {number | undefined} */
  let timer;

  /** What is in the field, or nothing where it cannot go into a page. @param {Field} field */
  const read = (field) => {
    const value = field.value.trim().replace(/\s+/g, " ");
    const asked = field instanceof HTMLInputElement && field.pattern;
    const wrong = Boolean(value && asked && !new RegExp(`^(?:${asked})$`).test(value));
    const note = document.getElementById(`${field.id}-wrong`);
    if (note) note.hidden = !wrong;
    if (note) field.setAttribute("aria-invalid", String(wrong));
    return wrong ? "" : value;
  };

  /** @param {Record<string, string>} chosen */
  const values = (chosen) => {
    const query = new URLSearchParams();
    for (const field of fields) if ("inFrame" in field.dataset && chosen[field.name]) query.set(field.name, chosen[field.name]);
    const usual = /** @type {HTMLSelectElement} */ (form.elements.namedItem("labels")).selectedOptions[0]?.dataset.title;
    return { ...chosen, server, title: chosen.heading || usual || "", frame: `${server}/embed${String(query) && `?${query}`}` };
  };

  /** @param {string} text */
  const escaped = (text) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("'", "&#x27;");

  /** A line whose value is empty is left out. @param {string} template @param {Record<string, string>} given */
  const filled = (template, given) =>
    template
      .split("\n")
      .filter((line) => [...line.matchAll(/\{(\w+)\}/g)].every(([, name]) => given[name]))
      .map((line) => line.replace(/\{(\w+)\}/g, (_, name) => escaped(given[name])))
      .join("\n");

  /** A new element, because the chat reads what was chosen when it is put into a page. @param {Record<string, string>} chosen */
  const show = (chosen) => {
    const chat = document.createElement("handrail-chat");
    for (const [name, value] of Object.entries(chosen)) if (value) chat.setAttribute(name, value);
    // So that leaving from here leaves no trace either, like the exit of this page.
    chat.setAttribute("forget-history", "");
    preview.dataset.position = chosen.position || "corner";
    corner.hidden = Boolean(chosen.position);
    preview.toggleAttribute("data-open", false);
    chat.addEventListener("handrail-open", () => preview.toggleAttribute("data-open", true));
    chat.addEventListener("handrail-close", () => preview.toggleAttribute("data-open", false));
    preview.replaceChildren(chat);
  };

  const follow = () => {
    const chosen = Object.fromEntries(fields.map((field) => [field.name, read(field)]));
    const given = values(chosen);
    for (const code of codes) code.value = filled(code.dataset.template ?? "", given);
    clearTimeout(timer);
    timer = setTimeout(() => show(chosen), PAUSE);
  };

  /** @param {HTMLElement} button */
  const copy = async (button) => {
    const code = /** @type {HTMLTextAreaElement} */ (document.getElementById(button.dataset.copies ?? ""));
    const status = /** @type {HTMLElement} */ (button.nextElementSibling);
    code.select();
    try {
      await navigator.clipboard.writeText(code.value);
      button.focus();
      status.textContent = status.dataset.copied ?? "";
    } catch {
      code.focus();
      status.textContent = status.dataset.notCopied ?? "";
    }
  };

  /** @type {HTMLInputElement} */ (document.getElementById("server")).value = server;
  for (const one of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".without-script"))) one.hidden = true;
  for (const one of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".with-script, [data-copies]"))) one.hidden = false;
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-copies]"))) button.addEventListener("click", () => void copy(button));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", follow);
  follow();
})();
