// <handrail-chat>: the chat as one element for any website. No dependency, nothing stored, no inline code.
// @ts-check
(() => {
  /** @typedef {Record<string, string>} Labels */
  /** @typedef {{title: string, publisher: string, url: string | null, checked: string}} Source */
  /** @typedef {{kind: string, text: string, sources: Source[], buttons: {label: string, send: string}[], words?: {word: string, means: string}[]}} Message */
  /** @typedef {{title?: string, detail?: string, messages?: {kind: string, text: string}[]}} Problem */
  /** @typedef {{outcome: string, urgent: boolean, topics: string[], messages: Message[], may_share?: boolean}} Turn */

  const STYLE = "%STYLE%";
  /** @type {Labels} */
  const ENGLISH = JSON.parse("%LABELS%");
  const NUMBER = new RegExp("%NUMBER%"), TEXTED = "%TEXTED%".split(" ");
  const IDLE = 600_000, WARNING = 60_000, FELT = 700, PATIENCE = 20_000, SHIFTS_WITHIN = 5000, LABELS_WITHIN = 3000;
  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
  const HOME = script?.src ? new URL(script.src).origin : location.origin;

  /**
   * @template {keyof HTMLElementTagNameMap} K
   * @param {K} tag @param {Record<string, unknown>} [given] @param {...(Node | string)} children
   * @returns {HTMLElementTagNameMap[K]}
   */
  const make = (tag, given = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value != null) element.setAttribute(name, String(value));
    }
    element.append(...children);
    return element;
  };

  /** Black or white, whichever reads better on the colour. @param {string} colour */
  const readableOn = (colour) => {
    const painter = document.createElement("canvas").getContext("2d");
    if (!painter) return "#fff";
    painter.fillStyle = colour;
    painter.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...painter.getImageData(0, 0, 1, 1).data].map((v) => (v <= 10 ? v / 3295 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
  };

  /** Leaving goes on, whatever a browser lacks or a website has changed. @param {() => void} act */
  const attempt = (act) => {
    try {
      act();
    } catch {
      // Nobody is left to tell.
    }
  };

  class Refused extends Error {
    /** @param {number} status @param {Problem} problem */
    constructor(status, { title = "", detail = "", messages = [] }) {
      super(title);
      this.status = status;
      /** What is said first where the message shows danger; the detail begins with the same. */
      this.safety = messages;
      this.detail = detail.slice(messages.map(({ text }) => text).join("\n\n").length).trim();
    }
  }

  class HandrailChat extends HTMLElement {
    constructor() {
      super();
      /** @type {Labels} */
      this._labels = ENGLISH;
      this._language = "en";
      this._comings = 0;
      this._token = "";
      /** Of a chat whose deletion the server has not confirmed. */
      this._doomed = "";
      this._minutes = 30;
      this._again = false;
      this._leave = "/leave";
      this._round = 0;
      this._pressed = 0;
      this._alone = false;
      this._talked = false;
      /** @type {AbortController | undefined} */
      this._sending = undefined;
      /** @type {(() => void) | undefined} */
      this._retry = undefined;
      /** @type {(() => void) | undefined} What was sent while another message was under way. */
      this._next = undefined;
      /** @type {boolean | undefined} Whether `open` was called before there was a panel, and is to take the focus. */
      this._wished = undefined;
      /** @type {HTMLMetaElement | undefined} */
      this._silence = undefined;
      /** @type {Record<string, number | undefined>} */
      this._timers = {};
      this._lastSign = Date.now();
      /** @type {[EventTarget, string, EventListener, boolean][]} */
      this._heard = [];
      /** @type {(() => void) | undefined} Takes the warning away again. */
      this._unwarn = undefined;
      /** @type {ChildNode | null} The question whether to close. */
      this._closing = null;
      this._inline = false;
      // Stand-ins until the element is drawn.
      /** @type {HTMLElement} */
      const nothing = make("div");
      this._panel = this._launch = this._log = this._note = this._status = this._deleting = this._first = this._exitLink = nothing;
      /** @type {HTMLElement[]} */
      this._dotsAt = [];
      this._box = make("textarea");
      this._form = make("form");
    }

    get server() {
      return (this.getAttribute("server") || HOME).replace(/\/$/, "");
    }

    get exitAddress() {
      return this.getAttribute("exit") || this.server + this._leave;
    }

    get onPage() {
      return this.hasAttribute("on-page");
    }

    async connectedCallback() {
      if (this.shadowRoot) {
        this._listen();
        return;
      }
      // A conversation by plain forms that has begun, or is under way, is left as it is.
      const held = /** @type {HTMLInputElement | null} */ (this.querySelector("input[name=token]"));
      if (this.onPage && held?.value) return;
      const typed = this.onPage ? this.querySelector("textarea") : null;
      const coming = (this._comings += 1);
      const language = this.getAttribute("labels") || "en";
      if (language !== "en") await this._translate(language);
      // While the labels were on their way it may have been taken out of the page, or put elsewhere.
      if (coming !== this._comings || !this.isConnected) return;
      this._draw();
      if (typed) {
        this._box.value = typed.value;
        typed.value = "";
        if (document.activeElement === typed) this._box.focus();
      }
      this._listen();
      if (this._wished !== undefined || this._inline || this.hasAttribute("open")) this.open(this._wished ?? false);
      this._wished = undefined;
    }

    /** The labels of the language; English where there are none, or they do not come. @param {string} language */
    async _translate(language) {
      try {
        const answer = await fetch(`${this.server}/widget-labels/${encodeURIComponent(language)}.json`, { credentials: "omit", signal: AbortSignal.timeout(LABELS_WITHIN) });
        if (answer.ok) [this._labels, this._language] = [await answer.json(), language];
      } catch {
        this._language = "en";
      }
    }

    disconnectedCallback() {
      for (const [target, name, act, capture] of this._heard) target.removeEventListener(name, act, capture);
      this._heard = [];
      this.end();
    }

    /** Shows the panel, empty. */
    open(focus = true) {
      if (!this.shadowRoot) {
        this._wished = focus;
        return;
      }
      this._panel.hidden = false;
      this._launch.hidden = true;
      this._launch.setAttribute("aria-expanded", "true");
      this._fit();
      this._tint();
      this._sign();
      if (focus) this._box.focus();
      this.dispatchEvent(new CustomEvent("handrail-open"));
    }

    /** Ends the conversation and hides the panel. */
    close() {
      this._wished = undefined;
      if (!this.shadowRoot) return;
      this.end();
      if (this._inline) return;
      this._panel.hidden = true;
      this._launch.hidden = false;
      this._launch.setAttribute("aria-expanded", "false");
      this._launch.focus();
      this.dispatchEvent(new CustomEvent("handrail-close"));
    }

    /** Purges the conversation on the server and empties the panel. */
    end(said = "") {
      if (!this.shadowRoot) return;
      const gone = this.shadowRoot.activeElement?.closest(".log, .note, .foot");
      const tokens = [this._token, this._doomed];
      this._round += 1;
      this._sending?.abort();
      this._sending = undefined;
      this._token = this._doomed = "";
      this._leave = "/leave";
      this._retry = this._next = undefined;
      this._talked = false;
      for (const timer of Object.values(this._timers)) clearTimeout(timer);
      this._again = false;
      this._pressed = 0;
      this._dots();
      this._aim();
      this._log.replaceChildren();
      this._box.value = "";
      this._ask();
      this._say(said);
      this._greet();
      this._deleting.hidden = true;
      this._form.classList.remove("talking");
      if (gone) this._log.focus({ preventScroll: true });
      attempt(() => globalThis.speechSynthesis?.cancel());
      for (const token of tokens) void this._purge(token);
    }

    /** Ends a conversation on the server, also while the page goes away; it never throws. @param {string} token */
    async _purge(token) {
      if (!token) return;
      const address = `${this.server}/leave`;
      const body = new URLSearchParams({ token, quiet: "1" });
      try {
        if (navigator.sendBeacon(address, body)) return;
      } catch {
        // Some browsers and their extensions have taken it away.
      }
      try {
        await fetch(address, { method: "POST", body, keepalive: true, mode: "no-cors", credentials: "omit", referrerPolicy: "no-referrer" });
      } catch {
        // It is forgotten by itself.
      }
    }

    /** Empties the panel at once, and says that the chat is deleted when the server has said so. @param {string} token */
    async _delete(token) {
      const l = this._labels;
      this._token = "";
      if (this._doomed === token) this._doomed = "";
      this.end(l.deleting);
      this._box.focus();
      this._doomed = token;
      const round = this._round;
      const asking = new AbortController();
      const late = setTimeout(() => asking.abort(), PATIENCE);
      /** @type {unknown} */
      let signed;
      let gone = true;
      try {
        // One that the server has ended by itself has no token any more.
        if (token) signed = await this._call("DELETE", "/api/conversations", { token, signal: asking.signal });
      } catch (error) {
        gone = error instanceof Refused && error.status === 404;
      } finally {
        clearTimeout(late);
      }
      if (round !== this._round) return;
      if (gone) this._doomed = "";
      const words = gone ? l.deleted : l.not_deleted.replace("{minutes}", String(this._minutes));
      if (this._talked) {
        // A new question may need the place in front of the box.
        this._log.append(this._message({ kind: "notice", text: words, sources: [], buttons: [] }));
        return;
      }
      if (gone) this._tell(words);
      else this._tell(words, [l.again, () => this._delete(token)]);
      if (signed) this._note.append(this._statement(JSON.stringify(signed)));
    }

    /** Ends the conversation and takes the browser to a neutral page. */
    leave() {
      const address = this.exitAddress;
      const forget = this.hasAttribute("forget-history");
      attempt(() => this._cover());
      attempt(() => this.end());
      this._panel.hidden = true;
      this._launch.hidden = true;
      attempt(() => this.dispatchEvent(new CustomEvent("handrail-leave")));
      // Where the person goes is not told where she was.
      attempt(() => document.head.append((this._silence = make("meta", { name: "referrer", content: "no-referrer" }))));
      try {
        const top = /** @type {Window} */ (window.top);
        if (top !== window) window.parent.postMessage("handrail-leave", "*");
        if (forget) top.location.replace(address);
        else top.location.href = address;
      } catch {
        location.replace("about:blank");
      }
    }

    _cover() {
      const cover = make("div", { class: "cover", role: "alert", popover: "manual" });
      this.shadowRoot?.append(cover);
      // Above whatever the website stacks or moves, where the browser can.
      if (cover.isConnected) attempt(() => cover.showPopover?.());
      cover.textContent = this._labels.loading;
    }

    // What is on the screen

    _draw() {
      const l = this._labels;
      const root = this.attachShadow({ mode: "open", delegatesFocus: false });
      if ("adoptedStyleSheets" in root && "replaceSync" in CSSStyleSheet.prototype) {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(STYLE);
        root.adoptedStyleSheets = [sheet];
      } else root.append(make("link", { rel: "stylesheet", href: `${this.server}/widget.css` }));
      this._tint();
      const heading = this.getAttribute("heading") || l.heading;
      const english = { lang: "en-GB", dir: "ltr" };
      this._inline = this.onPage || this.getAttribute("position") === "inline";
      this._launch = make("button", { class: "launch", type: "button", "aria-expanded": "false", onclick: () => this.open() }, this.getAttribute("launch") || l.launch);
      this._dotsAt = ["", "", ""].map(() => make("i", { hidden: true }));
      const dots = make("span", { "aria-hidden": "true" }, ...this._dotsAt);
      this._first = this._exit({ class: "exit first" });
      this._exitLink = this._exit({ class: "exit" }, dots);
      this._log = make("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": l.log, tabindex: "0", ...english });
      this._note = make("div", { class: "note", role: "group", "aria-labelledby": "asked", hidden: true });
      this._status = make("p", { class: "status", role: "status" });
      this._box = make("textarea", {
        id: "box", rows: "2", autocomplete: "off", autocorrect: "off", spellcheck: "false", enterkeyhint: "send", "aria-describedby": "hint",
        onkeydown: (/** @type {KeyboardEvent} */ event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          this._submit();
        },
      });
      this._deleting = make("button", { type: "button", hidden: true, onclick: () => this._delete(this._token) }, l.delete);
      const submit = (/** @type {Event} */ event) => { event.preventDefault(); this._submit(); };
      this._form = make("form", { autocomplete: "off", novalidate: true, onsubmit: submit },
        make("label", { for: "box" }, l.box), make("p", { class: "hint", id: "hint" }, l.hint),
        make("div", { class: "row" }, this._box, make("button", { class: "act", type: "submit" }, l.send)),
        make("div", { class: "foot" }, this._deleting, ...(this.onPage ? [] : [make("span", {}, l.privacy, " ", make("a", { href: `${this.server}/kept`, target: "_blank", rel: "noopener noreferrer" }, l.more))])));
      const close = make("button", { class: "close", type: "button", "aria-label": l.close, title: l.close, onclick: () => this._mayClose() });
      const header = make("header", {}, make("h2", { id: "heading" }, heading), this._exitLink, ...(this._inline ? [] : [close]));
      this._panel = make("section", { class: "panel", "aria-labelledby": "heading", hidden: true },
        ...(this.onPage ? [] : [this._first]), header, this._log, this._status, this._note, this._form);
      root.append(make("div", { class: this.onPage ? "page inline" : this._inline ? "inline" : "corner", lang: this._language, dir: l.direction }, this._launch, this._panel));
      this._launch.hidden = this._inline;
      // The box or a question may stay in sight at the bottom; what has the focus stays above it.
      const low = new ResizeObserver(() => this.style.setProperty("--handrail-form", `${Math.max(this._form.offsetHeight, this._note.offsetHeight)}px`));
      for (const one of [this._form, this._note]) low.observe(one);
      this._aim();
      this._greet();
    }

    /** @param {Record<string, string>} given @param {...Node} inside */
    _exit(given, ...inside) {
      return make("a", {
        ...given, role: "button", rel: "nofollow noreferrer", target: "_top", draggable: "false",
        onclick: (/** @type {Event} */ event) => { event.preventDefault(); this.leave(); },
        onkeydown: (/** @type {KeyboardEvent} */ event) => { if (event.key === " ") { event.preventDefault(); this.leave(); } },
      }, this._labels.exit, ...inside);
    }

    /** The plain address of both links, for when no script of ours runs any more. */
    _aim() {
      for (const link of [this._first, this._exitLink]) link.setAttribute("href", this.server + this._leave);
    }

    _greet() {
      const { greeting, notice } = this._labels;
      this._log.append(this._message({ kind: "greeting", text: greeting, sources: [], buttons: [] }));
      // Our own page has it above the chat.
      if (notice && !this.onPage) this._log.append(this._message({ kind: "notice", text: notice, sources: [], buttons: [] }));
    }

    /** @param {string} words */
    _say(words) {
      this._status.classList.remove("waiting", "unseen");
      this._status.textContent = words;
    }

    /** A question with buttons in front of the box; without words it goes away. @param {string} [words] @param {...[string, () => void]} choices */
    _ask(words = "", ...choices) {
      const held = this._note.contains(this.shadowRoot?.activeElement ?? null);
      this._unwarn = undefined;
      this._note.hidden = !words;
      this._note.replaceChildren();
      if (!words) {
        if (this._status.classList.contains("unseen")) this._say("");
        if (held) this._box.focus();
        return;
      }
      const buttons = choices.map(([label, act], at) => make("button", { type: "button", class: at ? "" : "act", onclick: act }, label));
      const said = make("p", { id: "asked" });
      this._inlineText(said, words, []);
      this._note.append(said, make("div", { class: "tools" }, ...buttons));
      if (held) (buttons[0] ?? this._box).focus();
    }

    /** The same where it comes unasked, so that a screen reader says it. @param {string} words @param {...[string, () => void]} choices */
    _tell(words, ...choices) {
      this._ask(words, ...choices);
      this._say(words);
      this._status.classList.add("unseen");
    }

    /** What is asked just now, to be put back after another question. */
    _aside() {
      const asked = [...this._note.childNodes];
      return () => {
        this._ask();
        this._note.append(...asked);
        this._note.hidden = !asked.length;
      };
    }

    /** To what is asked, or to the box. */
    _goOn() {
      (this._note.querySelector("button") ?? this._box).focus();
    }

    /** The signed statement of a deletion, to be copied. @param {string} signed */
    _statement(signed) {
      const l = this._labels;
      const text = make("textarea", { rows: "4", readonly: true, spellcheck: "false", dir: "ltr", "aria-label": l.statement, onclick: () => text.select() }, signed);
      const check = make("a", { href: `${this.server}/check`, target: "_blank", rel: "noopener noreferrer" }, l.statement_check);
      return make("details", {}, make("summary", {}, l.statement), make("p", {}, l.statement_what, " ", check), text);
    }

    /** @param {Message} message */
    _message(message) {
      const article = make("div", { class: `message ${message.kind}` });
      const words = [...(message.words ?? [])];
      for (const paragraph of message.text.trim().split(/\n\s*\n/)) {
        /** @type {HTMLElement | undefined} */
        let block;
        for (const line of paragraph.split("\n")) {
          const listed = line.startsWith("- ");
          const tag = listed ? "ul" : "p";
          if (block?.localName !== tag) article.append((block = make(tag)));
          else if (!listed) block.append(make("br"));
          this._inlineText(listed ? block.appendChild(make("li")) : block, listed ? line.slice(2) : line, words);
        }
      }
      return article;
    }

    /** Text with numbers to call and hard words to tap; each word once. @param {HTMLElement} into @param {string} text @param {{word: string, means: string}[]} words */
    _inlineText(into, text, words) {
      while (text) {
        const number = NUMBER.exec(text);
        let at = number ? number.index : text.length;
        let found = -1;
        words.forEach(({ word }, place) => {
          const where = text.toLowerCase().search(new RegExp(`\\b${word.replace(/[^\w' ]/g, ".")}\\b`));
          if (where >= 0 && where < at) [at, found] = [where, place];
        });
        if (at) into.append(text.slice(0, at));
        text = text.slice(at);
        if (found >= 0) {
          const [{ word, means }] = words.splice(found, 1);
          into.append(...this._term(text.slice(0, word.length), means));
          text = text.slice(word.length);
        } else if (number) {
          const [shown] = number;
          into.append(make("a", { href: `${TEXTED.includes(shown) ? "sms" : "tel"}:${shown.replaceAll(" ", "")}` }, shown));
          text = text.slice(shown.length);
        }
      }
    }

    /** @param {string} word @param {string} means */
    _term(word, means) {
      const note = make("span", { class: "means", hidden: true }, means);
      const show = () => {
        note.hidden = !note.hidden;
        term.setAttribute("aria-expanded", String(!note.hidden));
      };
      const term = make("button", { class: "term", type: "button", "aria-expanded": "false", onclick: show }, word);
      return [term, note];
    }

    /** @param {Turn} turn @param {string} text */
    _reply(turn, text) {
      const l = this._labels;
      const block = make("div", { class: "turn", tabindex: "-1" });
      for (const message of turn.messages) {
        block.append(this._message(message));
        if (message.sources.length) block.append(this._sources(message.sources));
      }
      const own = { lang: this._language, dir: l.direction };
      const tools = make("div", { class: "tools", ...own });
      if (turn.topics.length && turn.outcome.startsWith("answered")) tools.append(...this._helpful(turn.topics[0]));
      const voice = globalThis.speechSynthesis?.getVoices().find((one) => one.localService && one.lang.startsWith("en"));
      if (voice) tools.append(this._aloud(turn, voice));
      if (tools.childNodes.length) block.append(tools);
      if (turn.may_share) block.append(this._share(text, turn.outcome, own));
      const buttons = turn.messages.flatMap((message) => message.buttons);
      if (buttons.length) {
        const choices = buttons.map(({ label, send }) => make("button", { type: "button", onclick: () => this._send(send, label) }, label));
        block.append(make("div", { class: "next" }, make("h3", own, l.next), ...choices));
      }
      return block;
    }

    /** @param {Source[]} sources */
    _sources(sources) {
      const l = this._labels;
      const rows = sources.map(({ title, publisher, url, checked }) => make("li", {},
        url ? make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, title) : title,
        `, ${publisher}${url ? "" : ` (${l.no_address})`}, ${l.checked} ${checked}`));
      return make("details", { class: "sources" }, make("summary", {}, l.sources), make("ul", {}, ...rows));
    }

    /** @param {string} topic */
    _helpful(topic) {
      const l = this._labels;
      const asked = make("span", { tabindex: "-1" }, l.helpful);
      const tell = (/** @type {boolean} */ helpful) => () => {
        void this._post("/api/helpful", { topic, helpful }).catch(() => {});
        asked.textContent = l.thanks;
        asked.focus();
        yes.remove();
        no.remove();
      };
      const yes = make("button", { type: "button", onclick: tell(true) }, l.yes);
      const no = make("button", { type: "button", onclick: tell(false) }, l.no);
      return [asked, yes, no];
    }

    /** Asks first, shows what would be kept, and keeps it once that is agreed. @param {string} text @param {string} outcome @param {Record<string, string>} own */
    _share(text, outcome, own) {
      const l = this._labels;
      const asked = make("p", { tabindex: "-1" });
      const tools = make("div", { class: "tools" });
      /** @param {string} words @param {...(Node | [string, () => void])} parts */
      const show = (words, ...parts) => {
        const held = Boolean(tools.querySelector(":focus"));
        asked.textContent = words;
        tools.replaceChildren(...parts.map((part) => (part instanceof Node ? part : make("button", { type: "button", onclick: part[1] }, part[0]))));
        if (held) asked.focus();
      };
      const send = async (/** @type {boolean} */ agreed) => {
        try {
          const answer = await this._post("/api/share", { text, outcome, agreed });
          const { kept } = await answer.json();
          if (!answer.ok) show(l.share_failed);
          else if (kept == null) show(l.share_dropped);
          else if (agreed) show(l.share_done);
          else show(l.share_ask, make("q", { lang: "en-GB", dir: "ltr" }, kept), [l.share_yes, () => send(true)], [l.share_no, () => show(l.share_declined)]);
        } catch {
          show(l.share_failed);
        }
      };
      show(l.share_why, [l.share, () => send(false)]);
      return make("div", { class: "share", ...own }, asked, tools);
    }

    /** Sent without the token: nothing ties it to the conversation. @param {string} path @param {unknown} body */
    _post(path, body) {
      return fetch(this.server + path, { method: "POST", credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    }

    /** @param {Turn} turn @param {SpeechSynthesisVoice} voice */
    _aloud(turn, voice) {
      const l = this._labels;
      const button = make("button", { type: "button", onclick: () => {
        const speaking = speechSynthesis.speaking;
        speechSynthesis.cancel();
        if (speaking) return;
        const speech = new SpeechSynthesisUtterance(turn.messages.map((message) => message.text).join("\n"));
        speech.voice = voice;
        speech.onend = speech.onerror = () => { button.textContent = l.aloud; };
        button.textContent = l.stop;
        speechSynthesis.speak(speech);
      } }, l.aloud);
      return button;
    }

    // Talking

    _submit() {
      const text = this._box.value.trim();
      if (!text) return;
      if (this._sending || this._again) {
        // What she has changed by then is not sent half written.
        this._later(() => { if (this._box.value.trim() === text) this._submit(); });
        return;
      }
      this._box.value = "";
      void this._send(text);
    }

    /** Does it when the message under way is answered; the last wish counts. @param {() => void} act */
    _later(act) {
      this._next = act;
      this._wait();
    }

    _wait() {
      this._say(this._next ? this._labels.queued : this._labels.waiting);
      this._status.classList.add("waiting");
    }

    /** @param {string} text @param {string} [shown] */
    async _send(text, shown = text) {
      if (this._sending || this._again) {
        this._later(() => void this._send(text, shown));
        return;
      }
      const l = this._labels;
      this._talked = true;
      this._retry = this._next = undefined;
      this._sign();
      this._ask();
      const said = make("p", { class: "said", tabindex: "-1" }, make("span", { class: "first" }, `${l.you}: `), shown);
      const picked = this._log.contains(this.shadowRoot?.activeElement ?? null);
      this._log.append(said);
      // The same when it is sent again, so that a reply that was lost on its way comes again and is not given twice.
      const mark = Array.from(crypto.getRandomValues(new Uint8Array(16)), (part) => part.toString(16)).join("");
      said.scrollIntoView({ block: "nearest" });
      // The button that was pressed scrolls away, so the focus goes along to where the reply comes.
      if (picked) said.focus({ preventScroll: true });
      await this._try(text, mark);
    }

    /** @param {string} text @param {string} mark */
    async _try(text, mark) {
      const l = this._labels;
      const round = this._round;
      const sending = (this._sending = new AbortController());
      this._timers.felt = setTimeout(() => this._wait(), FELT);
      const late = setTimeout(() => sending.abort(), PATIENCE);
      /** @type {Turn | undefined} */
      let turn;
      /** @type {unknown} */
      let trouble;
      try {
        if (!this._token) {
          const started = await this._call("POST", "/api/conversations", { signal: sending.signal });
          if (round !== this._round) {
            void this._purge(started.token);
            return;
          }
          this._token = started.token;
          this._minutes = Math.ceil(started.expires_in / 60);
          this._leave = started.leave;
          this._aim();
          // One that was put up after this script was loaded.
          const news = started.messages.filter((/** @type {Message} */ one) => one.kind === "notice" && one.text !== l.notice && !this.onPage);
          this._log.append(...news.map((/** @type {Message} */ one) => this._message(one)));
        }
        turn = await this._call("POST", "/api/conversations/messages", { body: { text, channel: "widget" }, mark, signal: sending.signal });
      } catch (error) {
        trouble = error;
      } finally {
        clearTimeout(late);
        if (round === this._round) {
          clearTimeout(this._timers.felt);
          this._sending = undefined;
        }
      }
      if (round !== this._round) return;
      this._say("");
      if (!turn) {
        this._trouble(text, mark, trouble);
        return;
      }
      this._show(turn, text);
      const next = this._next;
      this._next = undefined;
      next?.();
    }

    /** @param {Turn} turn @param {string} text */
    _show(turn, text) {
      const block = this._reply(turn, text);
      this._retry = undefined;
      this._deleting.hidden = false;
      this._form.classList.add("talking");
      this._log.append(block);
      (this._log.querySelector(".said:focus") ?? block).scrollIntoView({ block: "start", behavior: "instant" });
      this._sign();
      this.dispatchEvent(new CustomEvent("handrail-turn"));
    }

    /** @param {string} text @param {string} mark @param {unknown} error */
    _trouble(text, mark, error) {
      const l = this._labels;
      const again = () => {
        if (this._sending) return;
        this._again = false;
        this._retry = undefined;
        this._ask();
        this._box.focus();
        void this._try(text, mark);
      };
      if (error instanceof Refused) {
        if (error.status === 409) {
          this._again = true;
          this._wait();
          this._timers.again = setTimeout(again, 1000);
        } else if (error.status === 404 || error.status === 401) {
          this._token = "";
          this._tell(l.ended, [l.fresh, again]);
        } else if (error.status === 422 || error.status === 413) {
          // Nothing is lost: neither this nor what was typed since.
          this._box.value = [text, this._box.value.trim()].filter(Boolean).join("\n\n");
          this._next = undefined;
          [...this._log.querySelectorAll(".said")].pop()?.remove();
          const first = error.safety.map((one) => this._log.appendChild(this._message({ ...one, sources: [], buttons: [] })))[0];
          this._tell(`${error.message} ${error.detail}`);
          first?.scrollIntoView({ block: "start", behavior: "instant" });
        } else this._tell(`${error.message} ${error.detail}`, [l.again, again]);
        return;
      }
      this._retry = again;
      this._tell(navigator.onLine ? l.failed : l.offline, [l.again, again]);
    }

    /** @param {string} method @param {string} path @param {{body?: unknown, token?: string, mark?: string, signal: AbortSignal}} given @returns {Promise<any>} */
    async _call(method, path, { body, token = this._token, mark, signal }) {
      /** @type {Record<string, string>} */
      const headers = { "content-type": "application/json" };
      if (token) headers.authorization = `Bearer ${token}`;
      if (mark) headers["idempotency-key"] = mark;
      const response = await fetch(this.server + path, { method, headers, body: body ? JSON.stringify(body) : undefined, signal, credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" });
      const answer = await response.json();
      if (!response.ok) throw new Refused(response.status, answer);
      return answer;
    }

    // Leaving, and the next person at the keyboard

    _mayClose() {
      const l = this._labels;
      if (!this._talked && !this._box.value) {
        this.close();
        return;
      }
      this._unwarn?.();
      if (!this._note.contains(this._closing)) {
        const back = this._aside();
        this._ask(l.close_ask, [l.close_yes, () => this.close()], [l.close_no, () => { back(); this._goOn(); }]);
        this._closing = this._note.firstChild;
      }
      this._goOn();
    }

    /** Somebody is there: the ten minutes begin again. */
    _sign() {
      this._lastSign = Date.now();
      clearTimeout(this._timers.warn);
      clearTimeout(this._timers.gone);
      this._unwarn?.();
      this._timers.warn = setTimeout(() => this._warn(), IDLE - WARNING);
      this._timers.gone = setTimeout(() => this._tooLong(), IDLE);
    }

    _warn() {
      if (!this._talked && !this._box.value) return;
      const l = this._labels;
      const back = this._aside();
      this._tell(l.idle, [l.idle_keep, () => { this._sign(); this._goOn(); }]);
      this._unwarn = back;
    }

    _tooLong() {
      if (this._talked || this._box.value) this.end(this._labels.idle_gone);
    }

    _dots() {
      this._dotsAt.forEach((dot, at) => {
        dot.hidden = !this._pressed;
        dot.classList.toggle("on", at < this._pressed);
      });
    }

    /** @param {string} [said] */
    _unpress(said = "") {
      clearTimeout(this._timers.shift);
      if (!this._pressed) return;
      this._pressed = 0;
      this._dots();
      this._say(said);
    }

    _listen() {
      /** @param {EventTarget} target @param {string} name @param {(event: any) => void} act */
      const on = (target, name, act) => {
        target.addEventListener(name, act, true);
        this._heard.push([target, name, act, true]);
      };
      if (!this.onPage) {
        on(window, "keydown", (event) => {
          this._alone = event.key === "Shift";
          if (!this._alone) this._unpress();
        });
        on(window, "keyup", (event) => {
          if (event.key !== "Shift" || !this._alone || this._panel.hidden) return;
          this._alone = false;
          this._pressed += 1;
          if (this._pressed >= 3) {
            this.leave();
            return;
          }
          this._dots();
          this._say(this._pressed === 1 ? this._labels.exit_two : this._labels.exit_one);
          clearTimeout(this._timers.shift);
          this._timers.shift = setTimeout(() => this._unpress(this._labels.exit_expired), SHIFTS_WITHIN);
        });
      }
      on(window, "keydown", (event) => {
        if (event.key === "Escape" && !this._inline && !this._panel.hidden && (event.composedPath().includes(this) || this._covers(event.target))) this._mayClose();
      });
      on(this, "input", () => this._sign());
      on(this, "click", () => this._sign());
      on(window, "load", () => this._tint());
      on(window, "pagehide", () => this.end());
      on(window, "pageshow", (event) => {
        if (!event.persisted) return;
        this.shadowRoot?.querySelector(".cover")?.remove();
        this._silence?.remove();
        this.end();
        this._panel.hidden = !this._inline;
        this._launch.hidden = this._inline;
      });
      on(document, "visibilitychange", () => {
        if (!document.hidden && Date.now() - this._lastSign >= IDLE) this._tooLong();
      });
      on(window, "online", () => this._retry?.());
      if (window.visualViewport) for (const name of ["resize", "scroll"]) on(window.visualViewport, name, () => this._fit());
      globalThis.speechSynthesis?.getVoices();
    }

    /** Whether the panel hides what has the focus, so that Escape has to uncover it. @param {Element} element */
    _covers(element) {
      const box = element.getBoundingClientRect?.();
      return Boolean(box) && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) === this;
    }

    /** The panel takes the part of the window that the phone's keyboard leaves free. */
    _fit() {
      const seen = window.visualViewport;
      if (!seen || seen.scale > 1.05) return;
      this.style.setProperty("--handrail-seen", `${seen.height}px`);
      this.style.setProperty("--handrail-top", `${seen.offsetTop}px`);
      this._panel.classList.toggle("short", seen.height < 22 * parseFloat(getComputedStyle(this._panel).fontSize));
    }

    /** The accent, from the attribute or from the website's style, with words on it that can be read. */
    _tint() {
      const own = this.getAttribute("accent");
      if (own && CSS.supports("color", own)) this.style.setProperty("--handrail-accent", own);
      const style = getComputedStyle(this);
      for (const mode of ["", "-dark"]) {
        const accent = style.getPropertyValue(`--handrail-accent${mode}`).trim();
        if (accent) this.style.setProperty(`--handrail-readable${mode}`, readableOn(accent));
      }
    }
  }

  if (!customElements.get("handrail-chat")) customElements.define("handrail-chat", HandrailChat);
})();
