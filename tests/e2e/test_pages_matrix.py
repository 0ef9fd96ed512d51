"""Each page, as who sees most on it, in every size and light: accessible, whole, and frugal."""

import gzip
from collections.abc import Iterator
from typing import Any

import pytest

from .browser import MOST_LOOKS, Window, picture_name, running_browser
from .page_list import LOOKED_AT
from .shown_day import Shown

PHONE, LAPTOP, CONTROL_ROOM = 390, 1280, 1920
"""Widths that pages are made for, px."""
LOOKS = (
    (PHONE, "light", True),
    (PHONE, "dark", False),
    (LAPTOP, "light", False),
    (LAPTOP, "dark", True),
    (CONTROL_ROOM, "light", False),
    (CONTROL_ROOM, "dark", False),
)
"""Width, light, and whether all rules are tried: what stands in a page is the same at 1920 px."""
KEPT = {(PHONE, "light"), (CONTROL_ROOM, "dark")}
"""Of which a picture is kept."""
ZOOMED = (640, 320)
"""What is left of 1280 px at 200 % and 400 % (WCAG 2.2, 1.4.4 and 1.4.10)."""
ENOUGH_PX = 100
"""How far a table has moved at least when the arrow key was pressed twelve times, px."""
MOST_SCRIPT = 120_000
"""Script that a page may load, bytes compressed; the picture of a network has its own."""

_SCRIPTS = """[...new Set([...document.scripts].map((each) => each.src).concat(
  performance.getEntriesByType('resource').filter((each) => each.initiatorType === 'script'
    || each.name.split('?')[0].endsWith('.js')).map((each) => each.name)))]"""
_DECIMALS = """[...document.querySelectorAll('table')].flatMap((table) => {
  const columns = new Map();
  for (const cell of table.querySelectorAll('tbody .num .figure')) {
    const found = cell.innerText.match(/^[\\u2212]?[\\d\\u202f]+(?:[.,](\\d+))?\\u202f(\\S+)$/u);
    if (found === null || cell.tagName === 'DATA') continue; // money has its own rule
    const column = `${cell.closest('td, th').cellIndex}, ${found[2]}`;
    columns.set(column, (columns.get(column) ?? new Set()).add(found[1]?.length ?? 0));
  }
  return [...columns].filter(([, counts]) => counts.size > 1)
    .map(([column, counts]) => `${column} in ${table.innerText.slice(0, 40)}: ${[...counts]}`);
  })"""
"""Columns of which the numbers of one unit have several counts of decimals."""
_OUTLINES = """[...document.querySelectorAll('a[href], button, input, select, textarea, summary,'
  + ' [tabindex="0"]')].filter((each) => each.checkVisibility() && !each.disabled
  && each.type !== 'hidden').filter((each) => { each.focus({preventScroll: true});
  const seen = getComputedStyle(each);
  return document.activeElement !== each || seen.outlineStyle === 'none'
    || parseFloat(seen.outlineWidth) < 2; }).map((each) => each.outerHTML.slice(0, 120))"""
_TWICE_AS_LARGE = """() => {
  const all = [...document.querySelectorAll('body, body *:not(svg *)')];
  const sizes = all.map((each) => parseFloat(getComputedStyle(each).fontSize));
  all.forEach((each, at) => { each.style.fontSize = `${2 * sizes[at]}px`; });
  return all.filter((each) => each.tagName !== 'INPUT' && each.clientWidth > 1
    && each.checkVisibility() && ['hidden', 'clip'].includes(getComputedStyle(each).overflowX)
    && each.scrollWidth > each.clientWidth + 1).map((each) => each.outerHTML.slice(0, 120)); }"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as found:
        yield found


@pytest.fixture(scope="module")
def script_bytes() -> dict[str, int]:
    """Compressed sizes of scripts by address, bytes; each is fetched once."""
    return {}


@pytest.mark.parametrize("person", list(LOOKED_AT))
def test_pages_are_accessible_fit_and_load_little_and_nothing_foreign(
    shown: Shown, browser: Any, script_bytes: dict[str, int], person: str
) -> None:
    window = Window(browser, shown.server.base_url, width=PHONE, is_still=True)
    wrong: list[str] = []
    try:
        if person:
            window.sign_in(person)
        for page in LOOKED_AT[person]:
            window.look(PHONE, "light")
            window.open(shown.address(page))
            found = [
                *_by_rules(window, person, page),
                *_structure(window),
                *_script(window, script_bytes),
                *_by_width(window),
            ]
            wrong += [f"{page}: {each}" for each in found]
        assert wrong == []
        assert window.faults == []  # among them each violation of the content policy
        assert window.foreign == []
    finally:
        window.close()


def _by_rules(window: Window, person: str, page: str) -> Iterator[str]:
    """Axe in every look; in each, the page is no wider than the window."""
    for width, scheme, tries_all in LOOKS:
        window.look(width, scheme)
        for each in window.violations(by_look=not tries_all):
            yield f"at {width} px, {scheme}: {each}"
        yield from window.too_wide(width, f"at {width} px, {scheme}")
        if (width, scheme) in KEPT:
            window.picture(picture_name(person, page, width, scheme))


def _structure(window: Window) -> Iterator[str]:
    page = window.page
    if (headings := page.locator("h1").count()) != 1:
        yield f"{headings} headings of the first level"
    if (language := page.locator("html").get_attribute("lang")) != "en":
        yield f"its language is {language}"
    page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges()")
    page.evaluate("scrollTo(0, 0); document.body.tabIndex = -1; document.body.focus()")
    page.keyboard.press("Tab")
    skip = page.evaluate("document.activeElement.className + document.activeElement.hash")
    if skip != "skip#main":
        yield f"the keyboard comes first to {skip!r}, not to the way to the content"
    for each in page.evaluate(_DECIMALS):
        yield f"numbers that do not line up: {each}"
    for each in page.evaluate(_OUTLINES):
        yield f"not to be seen where the keyboard is: {each}"


def _script(window: Window, known: dict[str, int]) -> Iterator[str]:
    addresses = [each for each in window.page.evaluate(_SCRIPTS) if each]
    for each in addresses:
        if each not in known:
            known[each] = len(gzip.compress(window.context.request.get(each).body()))
    if (total := sum(known[each] for each in addresses)) > MOST_SCRIPT:
        yield f"{total} bytes of script"


def _by_width(window: Window) -> Iterator[str]:
    for width in ZOOMED:
        window.look(width, "light")
        yield from window.too_wide(width, f"zoomed to {width} px")
        for each in window.sticking_out():
            yield f"zoomed to {width} px, text sticks out: {each}"
    window.look(LAPTOP, "light")
    for each in window.page.evaluate(_TWICE_AS_LARGE):
        yield f"cut off in letters of twice the size: {each}"
    yield from window.too_wide(LAPTOP, "in letters of twice the size")


def test_a_wide_table_shows_on_a_telephone_that_there_is_more_and_is_moved_by_keyboard(
    shown: Shown, browser: Any
) -> None:
    window = Window(browser, shown.server.base_url, width=PHONE, is_still=True)
    page = window.page
    try:
        window.sign_in("MO")
        window.open(shown.address("/market/{session_id}"))
        table = page.get_by_role("region", name="Settlement", exact=True)
        assert table.evaluate("(it) => it.scrollWidth > it.clientWidth + 100")
        drawn = table.evaluate("(it) => getComputedStyle(it).backgroundAttachment")
        assert drawn.startswith("local, local, scroll, scroll")  # shadows, and what covers them
        name = table.locator("tbody th").first
        before = name.bounding_box()
        table.focus()
        for _ in range(12):
            page.keyboard.press("ArrowRight")
        moved = 0.0
        for _ in range(MOST_LOOKS):  # it glides there
            moved = table.evaluate("(it) => it.scrollLeft")
            if moved > ENOUGH_PX:
                break
            page.wait_for_timeout(100)
        assert moved > ENOUGH_PX
        after = name.bounding_box()  # the rows' names stay at the edge
        edge = table.bounding_box()["x"]
        assert after["x"] >= edge
        assert before["x"] - after["x"] < moved
        assert table.locator("td").last.is_visible()
    finally:
        window.close()
