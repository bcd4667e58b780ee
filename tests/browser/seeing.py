"""What a test sees of a page: broken rules, sideways scroll, where the focus is and whether it shows, small targets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Shadow roots are looked into; a script of the page cannot tell this from its own.
_DEEP = """
const deepActive = () => { let e = document.activeElement; while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement; return e; };
const deepAt = (x, y) => {
  let e = document.elementFromPoint(x, y);
  for (let inner; e?.shadowRoot && (inner = e.shadowRoot.elementFromPoint(x, y)) && inner !== e; ) e = inner;
  return e;
};
const deepAll = (root = document) => [...root.querySelectorAll("*")].flatMap((e) => (e.shadowRoot ? [e, ...deepAll(e.shadowRoot)] : [e]));
const nameOf = (e) => `${e.localName}${e.id ? "#" + e.id : ""}.${e.className} ${(e.textContent ?? "").trim().replace(/\\s+/g, " ").slice(0, 40)}`;
"""


@dataclass(frozen=True)
class Screen:
    """A window and what its owner has set."""

    name: str
    width: int
    height: int
    scheme: Literal["light", "dark"]


PHONE = Screen("phone", 320, 568, "light")
DARK = Screen("dark", 1280, 800, "dark")
ZOOMED = Screen("zoomed", 320, 256, "light")
SCREENS = (PHONE, DARK, ZOOMED)


def turn_to(page: Page, screen: Screen) -> None:
    """Makes the window that screen."""
    page.set_viewport_size({"width": screen.width, "height": screen.height})
    page.emulate_media(color_scheme=screen.scheme, reduced_motion="reduce")


@contextmanager
def window(chromium: Browser, screen: Screen, *, scripts: bool = True) -> Iterator[Page]:
    """A page of a fresh browser with that screen. Without `scripts` none of ours arrives, yet axe can look."""
    context = chromium.new_context(locale="en-GB", timezone_id="Europe/London")
    context.set_default_timeout(15_000)
    if not scripts:
        context.route("**/*.js", lambda route: route.abort())
    page = context.new_page()
    turn_to(page, screen)
    yield page
    context.close()


def broken_rules(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe finds: the rule, the element and why; empty when all is well."""
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": _RULES}
    if page.evaluate("() => !window.axe"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("options => axe.run(options)", {"runOnly": only, "resultTypes": ["violations"]})
    return [_told(rule["id"], node) for rule in found["violations"] for node in rule["nodes"]]


def _told(rule: str, node: dict[str, Any]) -> str:
    why = "; ".join(check["message"] for check in [*node["any"], *node["all"], *node["none"]])
    return f"{rule}: {node['html'][:160]} ({why[:240]})"


def too_wide(page: Page) -> list[str]:
    """The elements that make the page scroll sideways; empty when it does not."""
    found: list[str] = page.evaluate(
        "() => {"
        + _DEEP
        + """
        if (document.scrollingElement.scrollWidth <= innerWidth) return [];
        const wide = deepAll().filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5).map(nameOf);
        return wide.length ? wide : ["the page"];
    }"""
    )
    return found


def open_all(page: Page) -> None:
    """Opens everything that folds, so that it is looked at too."""
    page.evaluate("() => {" + _DEEP + "for (const e of deepAll()) if (e.localName === 'details') e.open = true; }")


@dataclass(frozen=True)
class Focus:
    """The focused element: how it is called, whether it is nowhere, out of sight or without a visible sign."""

    name: str
    lost: bool
    hidden: bool
    bare: bool

    @property
    def faults(self) -> list[str]:
        """What is wrong; empty when the focus can be seen."""
        return [f"{what}: {self.name}" for what in ("lost", "hidden", "bare") if getattr(self, what)]


def focus(page: Page) -> Focus:
    """Where the focus is now. Hidden means that neither its centre nor a corner is its own to touch."""
    found = page.evaluate(
        "() => {"
        + _DEEP
        + """
        const e = deepActive();
        if (!e || e === document.body || e === document.documentElement) return ["body", true, false, false];
        const hidden = ![...e.getClientRects()].some((box) => {
          const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)];
          const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
          if (right - left < 1 || bottom - top < 1) return false;
          const points = [[(left + right) / 2, (top + bottom) / 2], ...[left + 2, right - 2].flatMap((x) => [top + 2, bottom - 2].map((y) => [x, y]))];
          return points.some(([x, y]) => { const hit = deepAt(x, y); return e === hit || e.contains(hit); });
        });
        const style = getComputedStyle(e);
        return [nameOf(e), false, hidden, style.outlineStyle === "none" || parseFloat(style.outlineWidth) === 0];
    }"""
    )
    return Focus(*found)


def walk(page: Page, key: str, steps: int) -> tuple[list[str], list[str]]:
    """Presses the key so often, or until the focus leaves the page; gives the names of the stops, and their faults."""
    stops: list[str] = []
    faults: list[str] = []
    for _ in range(steps):
        page.keyboard.press(key)
        now = focus(page)
        if now.lost:
            break
        stops.append(now.name)
        faults += now.faults
    return stops, faults


def controls(page: Page) -> list[str]:
    """Every control that is drawn, by the names that `walk` gives; of radio buttons with one name, one."""
    found: list[str] = page.evaluate(
        "() => {"
        + _DEEP
        + """
        const all = deepAll().filter((e) => e.matches("a[href], button:enabled, summary, input:enabled, textarea, select, [tabindex='0']"));
        const drawn = all.filter((e) => e.checkVisibility({visibilityProperty: true}) && e.type !== "hidden" && e.getClientRects().length);
        return drawn.filter((e) => e.type !== "radio" || e.checked).map(nameOf);
    }"""
    )
    return found


def small_targets(page: Page) -> list[str]:
    """Controls under 24 by 24 CSS pixels, but for those within a sentence."""
    found: list[str] = page.evaluate(
        "() => {"
        + _DEEP
        + """
        const words = (e) => (e?.textContent ?? "").replace(/\\s+/g, " ").trim();
        const within = (e) => {
          const block = e.closest("p, li, dd, dt, span.means, code") ?? e.parentElement;
          return getComputedStyle(e).display.startsWith("inline") && words(block).length > words(e).length + 2;
        };
        return deepAll().filter((e) => e.matches("a[href], button, summary, input:not([type=hidden]), textarea, select"))
          .filter((e) => e.checkVisibility({visibilityProperty: true}))
          .map((e) => [e, e.getBoundingClientRect()])
          .filter(([e, box]) => box.width && box.right > 0 && (box.width < 24 || box.height < 24) && !within(e))
          .map(([e, box]) => `${nameOf(e)} ${Math.round(box.width)}x${Math.round(box.height)}`);
    }"""
    )
    return found
