// Checks the words while they are typed: what the linter says is asked of the server and shown beside the box.
// @ts-check
(() => {
  const PAUSE = 500;
  const form = /** @type {HTMLFormElement | null} */ (document.getElementById("wording"));
  const box = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("text"));
  const result = document.getElementById("checked");
  if (!form?.dataset.lint || !box || !result) return;
  const address = form.dataset.lint;
  // The check runs by itself; the button is for browsers without this script.
  document.getElementById("check")?.closest("p")?.remove();

  let waiting = 0;
  /** @type {AbortController | undefined} */
  let asking;

  const check = async () => {
    asking?.abort();
    const mine = (asking = new AbortController());
    try {
      const answer = await fetch(address, { method: "POST", body: new URLSearchParams(/** @type {any} */ (new FormData(form))), signal: mine.signal });
      if (!answer.ok || mine !== asking) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      result.replaceChildren(...page.body.childNodes);
    } catch {
      // What was said last stays; saving checks again.
    }
  };

  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => void check(), PAUSE);
  });
  void check();
})();
