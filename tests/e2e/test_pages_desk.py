"""What a newcomer at the control desk looks for: ways back, before and after, names in words."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from .browser import Window, running_browser
from .rights_day import Day

NETWORK = "italy-tor-di-valle"
SEEN_PX = 30
"""An identifier that is shown is wider than this, px."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
"""An instant as programs tell it."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as found:
        yield found


@pytest.fixture
def desk(day: Day, browser: Any) -> Iterator[Any]:
    """A window in which the DSO's dispatcher is signed in."""
    window = Window(browser, day.server.base_url)
    try:
        window.sign_in("DSO")
        yield window
        assert window.faults == []
    finally:
        window.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_picture_of_a_network_leads_back_and_to_other_days(desk: Any, width: int) -> None:
    """It stands apart in a sandbox; who leaves it is still signed in."""
    page = desk.page
    desk.look(width, "light")
    desk.open(f"/grid/{NETWORK}/picture?day=2021-06-23&stage=forecast")
    ways = page.get_by_role("navigation", name="Pages")
    assert ways.bounding_box()["width"] <= width
    ways.get_by_role("link", name="22 Jun 2021").click()
    page.wait_for_url("**/picture?day=2021-06-22&stage=forecast")
    page.get_by_role("link", name="← Grid").click()
    page.wait_for_url("**/grid?day=2021-06-22&stage=forecast")
    assert page.locator("h1").inner_text() == "Grid"


def test_a_session_leads_to_the_grid_before_and_after_it(day: Day, desk: Any) -> None:
    """Published of the quarter-hour (D3.6 4.3.3): 259.5 A of 212.8 A before, nothing after."""
    page = desk.page
    desk.open(f"/market/{day.session}")
    page.get_by_role("link", name="before the market").click()
    page.wait_for_url("**/picture?day=2021-06-23&stage=forecast#at=50")
    page.locator("#alarms", has_text="259.5 A").wait_for()
    page.get_by_role("link", name="after, as checked").click()
    page.wait_for_url("**stage=validated*")
    page.locator("#alarms", has_text="No limit is broken.").wait_for()


@pytest.mark.parametrize("role", ["DSO", "MO", "ACEAE"])
def test_a_session_is_named_in_words(day: Day, browser: Any, role: str) -> None:
    """The day as the site has it; names for programs hold it in UTC, the evening before."""
    window = Window(browser, day.server.base_url)
    try:
        window.sign_in(role)
        window.open(f"/market/{day.session}")
        assert window.page.title() == "Wed 23 Jun 2021, day ahead · Platone"
        window.page.evaluate("document.querySelectorAll('.sr').forEach((each) => each.remove())")
        assert _INSTANT.findall(window.page.locator("main").inner_text()) == []
        shown = window.page.get_by_role("region", name="Requests and offers").locator(".sr.id")
        assert shown.count() == 0
        window.open(f"/market/{day.session}")
        assert shown.first.bounding_box()["width"] == 1
        window.page.get_by_label("Show identifiers").check()
        assert shown.first.bounding_box()["width"] > SEEN_PX
        assert window.violations() == []
        window.picture(f"identifiers-{role}")
        window.page.locator("#names summary").click()
        assert day.session in window.page.locator("#names").inner_text()
    finally:
        window.close()
