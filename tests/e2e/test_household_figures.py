"""A household's day on a telephone: its figures agree with each other, in its own language."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from .browser import Window, running_browser
from .rights_day import Day

DAY = "2021-06-23"
PHONE = 390
HALF_A_DIGIT = 0.005
"""By so much a figure is off that is shown with two decimals."""
_CELLS = """[...document.querySelectorAll('main details tbody tr')].map((row) =>
  [...row.children].map((cell) => cell.textContent))"""
_CUT_OFF = """[...document.querySelectorAll('main .scroll')].filter((each) => each.checkVisibility()
  && each.scrollWidth > each.clientWidth + 1).map((each) =>
  `${each.getAttribute('aria-label')}: ${each.scrollWidth} of ${each.clientWidth} px`)"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as found:
        yield found


def _number(text: str, point: str) -> float | None:
    """A figure as it is shown, without its unit; none where a dash stands for it."""
    found = re.search(rf"[\u2212-]?[\d\u202f]+(?:{re.escape(point)}\d+)?", text)
    if found is None:
        return None
    return float(found[0].replace("\u2212", "-").replace("\u202f", "").replace(point, "."))


@pytest.mark.parametrize(
    ("locale", "point", "other"),
    [("en-GB", ".", ","), ("it-IT", ",", "."), ("de-DE", ",", "."), ("el-GR", ",", ".")],
)
def test_the_figures_of_a_households_day_agree(
    day: Day, browser: Any, locale: str, point: str, other: str
) -> None:
    window = Window(browser, day.server.base_url, width=PHONE, locale=locale)
    page, language = window.page, locale[:2]
    foreign = re.compile(rf"\d{re.escape(other)}\d")
    try:
        window.sign_in("CUSTOMER-1")
        window.open(f"/app?day={DAY}")
        for each in page.locator("main details").all():
            each.locator("summary").click()
        window.picture(f"household-figures-{language}")
        assert foreign.findall(page.locator("main").inner_text()) == []
        assert page.evaluate(_CUT_OFF) == []
        rows = [row for row in page.evaluate(_CELLS) if len(row) == 4]
        assert len(rows) == 24
        hours = [[_number(cell, point) for cell in row[1:]] for row in rows]
        # 12:30 to 12:45 was sold: what was agreed stands in its hour, and in no other one
        assert [place for place, each in enumerate(hours) if each[2] is not None] == [12]
        tiles = [
            _number(each, point) or 0.0 for each in page.locator("main .tile b").all_inner_texts()
        ]
        drawn, fed = tiles[:2]
        measured = [each[0] for each in hours]
        assert None not in measured
        net = sum(each for each in measured if each is not None)
        assert drawn - fed == pytest.approx(net, abs=26 * HALF_A_DIGIT)
        window.open(f"/app/history?span=day&day={DAY}")
        assert foreign.findall(page.locator("main").inner_text()) == []
        assert page.evaluate(_CUT_OFF) == []
        page.wait_for_selector(".chart canvas")
        window.picture(f"household-figures-history-{language}")
        shown = [
            row for row in page.evaluate(_CELLS.replace("main details", "main")) if len(row) == 4
        ]
        told = [[_number(cell, point) or 0.0 for cell in row[1:3]] for row in shown]
        assert sum(each[0] for each in told) == pytest.approx(drawn, abs=25 * HALF_A_DIGIT)
        assert sum(each[1] for each in told) == pytest.approx(fed, abs=25 * HALF_A_DIGIT)
    finally:
        window.close()
