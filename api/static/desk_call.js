// Two keys log a call: the letter of its topic and the number of how it ended. They work while the form has the focus.
// @ts-check
const form = /** @type {HTMLFormElement} */ (document.getElementById("call"));
const others = /** @type {HTMLSelectElement} */ (document.getElementById("other"));
const radios = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input[data-key]")]);
const other = /** @type {HTMLInputElement} */ (form.querySelector('input[value="other"]'));
let sent = false;

const ready = () => {
  const chosen = new FormData(form);
  const topic = chosen.get("topic") === other.value ? others.value : chosen.get("topic");
  return Boolean(topic && chosen.get("outcome"));
};

form.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  // In the list, letters look for a topic.
  if (event.target === others && !/^\d$/.test(event.key)) return;
  const radio = radios.find((one) => one.dataset.key === event.key.toLowerCase());
  if (!radio) return;
  event.preventDefault();
  radio.checked = true;
  (radio === other ? others : radio).focus();
  if (radio !== other && ready()) form.requestSubmit();
});

others.addEventListener("change", () => {
  if (others.value) other.checked = true;
});

// A key that is pressed twice must not count a call twice.
form.addEventListener("submit", (event) => {
  if (sent) event.preventDefault();
  sent = true;
});
window.addEventListener("pageshow", () => {
  sent = false;
});

form.classList.add("keys");
for (const [part, hidden] of /** @type {[string, boolean][]} */ ([["[data-by-keys]", false], ["[data-by-hand]", true]])) {
  /** @type {HTMLElement} */ (document.querySelector(part)).hidden = hidden;
}
