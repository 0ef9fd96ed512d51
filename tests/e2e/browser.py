"""A real browser without a window: Chromium, where the machine has one."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.component import missing
from tools.browser import found as found_browser

AXE = Path(__file__).parents[1] / "data" / "axe" / "axe.min.js"
OUT = Path("out") / "pages"
"""Where pictures of pages go, to be looked at."""
_STANDARD = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
_BY_LOOK = (
    "{type: 'rule', values: ['color-contrast', 'target-size', 'scrollable-region-focusable']}"
)
"""The rules that depend on how wide and how light a page is; the others on what stands in it."""
_TELL_POLICY = """addEventListener('securitypolicyviolation', (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))"""
MOST_LOOKS = 50
"""How often a page that is too wide is measured, every tenth of a second: five seconds in all."""
_STANDS_OUT = """(width) => [...document.querySelectorAll('main *, header *, footer *')]
  .filter((each) => each.checkVisibility() && !each.parentElement.closest('.scroll, .drawn')
    && each.getBoundingClientRect().right > width).slice(-3)
  .map((each) => each.outerHTML.slice(0, 120))"""
_STICKS_OUT = """[...document.querySelectorAll('button, .button, label, legend, summary, th, td,'
  + ' td a, th a, dt, dd, caption, .tag, .tile *')].filter((each) => each.checkVisibility()
  && each.clientWidth > 1 && getComputedStyle(each).display !== 'inline'
  && each.scrollWidth > each.clientWidth + 1).map((each) => each.outerHTML.slice(0, 120))"""
"""Where text is wider than its place: it is cut off there, or lies over what stands beside it."""
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--ignore-certificate-errors",  # a worker asks for more than a page
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def running_browser(*more: str) -> Iterator[Any]:
    """Start Chromium, with further arguments where they are given."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415
    except ImportError:
        missing("pages", "playwright is not installed: pip install playwright")
        return
    with sync_playwright() as playwright:
        executable = found_browser()
        if executable is None:
            missing("pages", "there is no Chromium: python tools/browser.py installs one")
        browser = playwright.chromium.launch(executable_path=executable, args=[*_ARGUMENTS, *more])
        try:
            yield browser
        finally:
            browser.close()


class Window:
    """A window of a browser in which one person is signed in."""

    def __init__(
        self,
        browser: Any,
        base_url: str,
        *,
        width: int = 1280,
        scheme: str = "light",
        locale: str = "en-GB",
        java_script: bool = True,
        is_still: bool = False,
    ) -> None:
        self.base_url = base_url
        self.context = browser.new_context(
            ignore_https_errors=True,  # a development authority's certificate
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            locale=locale,
            java_script_enabled=java_script,
            reduced_motion="reduce" if is_still else "no-preference",
        )
        self.context.add_init_script(_TELL_POLICY)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.foreign: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", self._dismiss)
        self.page.on("request", self._look)

    def _note(self, message: Any) -> None:
        # a refusal that a test provokes is no fault of the page
        if message.type == "error" and "status of 4" not in message.text:
            self.faults.append(message.text)

    def _dismiss(self, dialog: Any) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _look(self, request: Any) -> None:
        if not request.url.startswith((self.base_url, "data:")):
            self.foreign.append(request.url)

    def sign_in(self, name: str) -> None:
        self.open("/sign-in")
        self.page.locator("button", has=self.page.get_by_text(name, exact=True)).or_(
            self.page.locator(f'form:has(input[value="{name}"]) button')
        ).first.click()
        self.page.wait_for_url(f"{self.base_url}/")

    def open(self, path: str) -> Any:
        return self.page.goto(self.base_url + path)

    def look(self, width: int, scheme: str) -> None:
        """See the page that is open in another size and light."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=scheme)

    def violations(self, *, by_look: bool = False) -> list[str]:
        """What axe-core finds against WCAG 2.2 AA on the page that is open.

        Args:
            by_look: Only by the rules that depend on size and light.
        """
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text("utf-8"))
        asked = f"{{runOnly: {_BY_LOOK if by_look else _STANDARD}, resultTypes: ['violations']}}"
        found = self.page.evaluate(f"axe.run(document, {asked})")
        return [
            f"{each['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    def too_wide(self, width: int, where: str) -> Iterator[str]:
        """Whether the page stays wider than the window: curves are drawn anew a moment later."""
        across = width + 1
        for _ in range(MOST_LOOKS):
            across = self.page.evaluate("document.documentElement.scrollWidth")
            if across <= width:
                return
            self.page.wait_for_timeout(100)
        by = self.page.evaluate(_STANDS_OUT, width)
        yield f"{across} px wide {where}, by {by}"

    def sticking_out(self) -> list[str]:
        """Where text sticks out of its button, label, cell or tile."""
        return list(self.page.evaluate(_STICKS_OUT))

    def picture(self, name: str) -> None:
        OUT.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(OUT / f"{name}.png"), full_page=True)

    def close(self) -> None:
        self.context.close()


def picture_name(person: str, page: str, *more: object) -> str:
    """The name of a picture: who sees which page, and how."""
    place = re.sub(r"[^a-z0-9]+", "-", page.partition("?")[0].lower()).strip("-") or "first"
    return "-".join([person or "nobody", place, *map(str, more)])
