"""Letters in pictures grow with those of the browser (WCAG 2.2, 1.4.4), and stay apart."""

from collections.abc import Iterator
from typing import Any

import pytest

from .browser import OUT, Window, picture_name, running_browser
from .shown_day import Shown

USUAL_PX, LARGE_PX = 16, 32
"""Letters of a browser as they are by default, and of twice that size, px."""
NARROWEST_PX = 320
"""Width of a page of 1280 px at 400 % (WCAG 2.2, 1.4.10)."""
GROWN = 1.9
"""How many times as large letters are at least: one picture may shrink a little to its place."""
DRAWN = {
    "MO": ("/market/{session_id}",),
    "DSO": (
        "/pods/{pod_id}?day=2021-06-23",
        "/market/{open_session}/offer?pods={pod_id}&from=12:30&to=13:15&p=300",
    ),
    "CUSTOMER-1": ("/app?day=2021-06-23", "/app/history?span=year&day=2021-06-23"),
    "": ("/design",),
}
"""Pages with pictures, by who sees them."""
PLOTTED = ("CUSTOMER-1", "/app/history?day=2021-06-23")
_PICTURES = """[...document.querySelectorAll('svg.picture')].filter((each) => each.checkVisibility()
  && each.querySelector('text')).map((each) => {
    const place = each.parentElement, outer = place.getBoundingClientRect();
    const boxes = [...each.querySelectorAll('text')].filter((text) => text.textContent.trim())
      .map((text) => [text.textContent, text.getBoundingClientRect()]);
    const apart = ([, a], [, b]) => a.right <= b.left + 1 || b.right <= a.left + 1
      || a.bottom <= b.top + 4 || b.bottom <= a.top + 4;
    const left = outer.left - place.scrollLeft, right = left + place.scrollWidth;
    return {
      name: place.getAttribute('aria-label'),
      letters: Math.min(...boxes.map(([, box]) => box.height)),
      over: boxes.flatMap((a, at) => boxes.slice(at + 1).filter((b) => !apart(a, b))
        .map((b) => `${a[0]} / ${b[0]}`)),
      cut: boxes.filter(([, box]) => box.left < left - 1 || box.right > right + 1
        || box.top < outer.top - 1 || box.bottom > outer.bottom + 1).map(([text]) => text),
      wide: outer.right,
    };
  })"""
_NOTE_FONTS = """window.fonts = [];
const kind = CanvasRenderingContext2D.prototype;
const font = Object.getOwnPropertyDescriptor(kind, 'font');
Object.defineProperty(kind, 'font', { get: font.get,
  set(value) { window.fonts.push(parseFloat(value)); font.set.call(this, value); } });"""

Pictures = dict[tuple[str, str], float]


def _letters(shown: Shown, px: int, width: int, wrong: list[str]) -> Pictures:
    """The height of the smallest letters of each picture, by page and name."""
    found: Pictures = {}
    with running_browser(f"--blink-settings=defaultFontSize={px}") as browser:
        for person, pages in DRAWN.items():
            window = Window(browser, shown.server.base_url, width=width, is_still=True)
            if person:
                window.sign_in(person)
            for page in pages:
                for scheme in ("light", "dark"):
                    window.look(width, scheme)
                    window.open(shown.address(page))
                    window.picture(picture_name(person, page, width, f"{px}px", scheme))
                pictures = window.page.evaluate(_PICTURES)
                assert pictures, page
                where = f"{page} at {width} px, letters of {px} px"
                for each in pictures:
                    found[page, each["name"]] = each["letters"]
                    wrong += [f"{where}: {text} stands on it" for text in each["over"]]
                    wrong += [f"{where}: {text} is cut" for text in each["cut"]]
                wrong += window.too_wide(width, where)
                wrong += window.violations(by_look=True)
            window.close()
    return found


@pytest.mark.parametrize("width", [390, 1280])
def test_letters_of_pictures_grow_and_stay_apart(shown: Shown, width: int) -> None:
    wrong: list[str] = []
    usual = _letters(shown, USUAL_PX, width, wrong)
    large = _letters(shown, LARGE_PX, width, wrong)
    assert wrong == []
    assert usual.keys() == large.keys()
    grown = {name: large[name] / usual[name] for name in usual}
    assert {name: times for name, times in grown.items() if times < GROWN} == {}


@pytest.fixture(params=[USUAL_PX, LARGE_PX])
def plotted(shown: Shown, request: pytest.FixtureRequest) -> Iterator[tuple[int, Any]]:
    """A window of a telephone with a plotted curve, in a browser with letters of some size."""
    with running_browser(f"--blink-settings=defaultFontSize={request.param}") as browser:
        window = Window(browser, shown.server.base_url, width=390)
        window.context.add_init_script(_NOTE_FONTS)
        person, page = PLOTTED
        window.sign_in(person)
        window.open(shown.address(page))
        yield request.param, window
        window.close()


def test_letters_of_a_plotted_curve_are_three_quarters_of_the_browsers(
    plotted: tuple[int, Any],
) -> None:
    px, window = plotted
    window.page.locator(".uplot canvas").wait_for()
    assert set(window.page.evaluate("window.fonts")) == {0.75 * px}
    assert list(window.too_wide(390, "with a plotted curve")) == []
    window.picture(f"plotted-{px}")


def test_the_buttons_to_sign_in_fit_the_narrowest_page_in_large_letters(shown: Shown) -> None:
    with running_browser(f"--blink-settings=defaultFontSize={LARGE_PX}") as browser:
        context = browser.new_context(
            ignore_https_errors=True, locale="de", viewport={"width": NARROWEST_PX, "height": 900}
        )
        try:
            page = context.new_page()
            page.goto(f"{shown.server.base_url}/sign-in")
            assert "Netzbetreiber" in page.locator("main").inner_text()
            assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST_PX
            wide = """[...document.querySelectorAll('button, button *')].filter((each) =>
              each.scrollWidth > each.clientWidth + 1 && each.clientWidth).map((each) =>
              each.innerText)"""
            assert page.evaluate(wide) == []
            page.screenshot(path=str(OUT / "nobody-sign-in-320-large.png"), full_page=True)
        finally:
            context.close()
