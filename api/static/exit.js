// Leaving one of our pages at once: the button, Shift three times, an empty page behind it.
// @ts-check
(() => {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-exit]"));
  if (!form) return;
  const words = form.dataset;
  const status = /** @type {HTMLElement} */ (form.querySelector("[role=status]"));
  let pressed = 0;
  let alone = false;
  /** @type {number | undefined} */
  let timer;

  /** @param {string} [said] */
  const reset = (said = "") => {
    clearTimeout(timer);
    pressed = 0;
    delete words.pressed;
    status.textContent = said;
  };

  const hide = () => {
    const cover = document.createElement("div");
    cover.className = "leaving";
    cover.setAttribute("role", "alert");
    document.body.append(cover);
    document.documentElement.classList.add("gone");
    cover.textContent = words.loading ?? "";
    document.title = " ";
  };

  const endChats = () => {
    for (const chat of document.querySelectorAll("handrail-chat")) {
      /** @type {{ end?: () => void }} */ (/** @type {unknown} */ (chat)).end?.();
    }
  };

  const emptyBoxes = () => {
    for (const box of document.querySelectorAll("textarea, input")) /** @type {HTMLInputElement} */ (box).value = "";
  };

  /** It never throws. @param {string} token */
  const purge = async (token) => {
    if (!token) return;
    const body = new URLSearchParams({ token, quiet: "1" });
    try {
      if (navigator.sendBeacon("/leave", body)) return;
    } catch {
      // Some browsers and their extensions have taken it away.
    }
    try {
      await fetch("/leave", { method: "POST", body, keepalive: true, credentials: "omit" });
    } catch {
      // It is forgotten by itself.
    }
  };

  const leave = () => {
    const token = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("token"))?.value ?? "";
    for (const act of [hide, endChats, emptyBoxes, () => void purge(token)]) {
      try {
        act();
      } catch {
        // Nobody is left to tell: the way out is taken all the same.
      }
    }
    location.replace(words.address ?? "/leave");
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    leave();
  });
  document.querySelector("a.leave")?.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });

  addEventListener("keydown", (event) => {
    alone = event.key === "Shift";
    if (!alone && pressed) reset();
  }, true);
  addEventListener("keyup", (event) => {
    if (event.key !== "Shift" || !alone) return;
    alone = false;
    pressed += 1;
    if (pressed >= 3) {
      reset();
      leave();
      return;
    }
    words.pressed = String(pressed);
    status.textContent = (pressed === 1 ? words.two : words.one) ?? "";
    clearTimeout(timer);
    timer = setTimeout(() => reset(words.expired), 5000);
  }, true);

  // A page that the browser kept whole in its memory comes back empty.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.replace("/");
  });
})();
