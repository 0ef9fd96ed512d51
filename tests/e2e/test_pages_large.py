"""Each page in a browser whose letters are twice as large: nothing is cut off or too wide."""

from collections.abc import Iterator
from typing import Any

import pytest

from .browser import Window, picture_name, running_browser
from .page_list import LOOKED_AT
from .shown_day import Shown

WIDTHS = (390, 1280)
"""Widths of the window, of a telephone and of a laptop, px."""
LARGE_PX = 32
"""Letters of twice the size that browsers have by default, px."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser(f"--blink-settings=defaultFontSize={LARGE_PX}") as found:
        yield found


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("person", list(LOOKED_AT))
def test_pages_fit_in_a_browser_whose_letters_are_twice_as_large(
    shown: Shown, browser: Any, person: str, width: int
) -> None:
    """By the browser's own setting, as people have it (WCAG 2.2, 1.4.4): lengths in em follow."""
    window = Window(browser, shown.server.base_url, width=width, is_still=True)
    wrong: list[str] = []
    try:
        if person:
            window.sign_in(person)
        for page in LOOKED_AT[person]:
            window.open(shown.address(page))
            size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
            assert window.page.evaluate(size) == LARGE_PX
            found = [*window.too_wide(width, "in large letters"), *window.sticking_out()]
            wrong += [f"{page}: {each}" for each in found]
            window.picture(picture_name(person, page, "large", width))
        assert wrong == []
    finally:
        window.close()
