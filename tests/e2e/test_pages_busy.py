"""Who sent a form sees at once that it is being done, and sends it once."""

from collections.abc import Iterator
from typing import Any

import pytest

from .browser import Window, running_browser

AFTER_LONG_MS = 31_000
"""After so long a page says that an answer is still awaited, ms."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as found:
        yield found


def _hold(page: Any, path: str) -> list[str]:
    """Have what is sent to a path lead nowhere, so that its page stays as it waits."""
    held: list[str] = []

    def look(route: Any) -> None:
        if route.request.method == "POST":
            held.append(route.request.post_data)
            route.fulfill(status=204)
        else:
            route.continue_()

    page.route(path, look)
    return held


def _moves(page: Any) -> str:
    """The name of what moves on the page's busy button; "none" where nothing does."""
    sought = "document.querySelector('button[aria-disabled=true]')"
    return str(page.evaluate(f"getComputedStyle({sought}, '::after').animationName"))


@pytest.mark.parametrize(("is_still", "moves"), [(False, "turn"), (True, "none")])
def test_a_step_of_the_guide_is_seen_to_be_under_way(
    outside: Any, browser: Any, *, is_still: bool, moves: str
) -> None:
    window = Window(browser, outside.base_url, is_still=is_still)
    page = window.page
    try:
        window.sign_in("MO")
        window.open("/first-day")
        held = _hold(page, "**/sign-out")
        press = page.locator("#guide").get_by_role("button", name="Sign in as").first
        press.click()
        form = page.locator("#guide form[aria-busy=true]")
        form.wait_for()
        assert form.locator("button").get_attribute("aria-disabled") == "true"
        assert page.locator("#doing").inner_text() == "It is being done …"
        assert _moves(page) == moves
        page.wait_for_timeout(4_000)  # longer than the guide waits before it renews itself
        assert form.count() == 1
        assert window.violations() == []
        window.picture(f"busy-guide-{moves}")
        form.locator("button").press("Enter")
        page.wait_for_timeout(200)
        assert ["as=ACEAE" in each for each in held] == [True]  # it was sent once, and whole
        assert window.faults == []
    finally:
        window.close()


def test_a_form_stays_sent_however_long_its_answer_takes_and_a_question_can_be_asked_again(
    outside: Any, browser: Any
) -> None:
    window = Window(browser, outside.base_url, width=390)
    page = window.page
    try:
        page.clock.install()
        window.sign_in("MO")
        window.open("/first-day")
        held = _hold(page, "**/sign-out")
        form = page.locator(".who form")
        form.locator("button").click()
        page.locator(".who form[aria-busy=true]").wait_for()
        page.clock.fast_forward(AFTER_LONG_MS)
        note = page.locator("#doing")
        assert "still runs" in note.inner_text()
        look = note.get_by_role("link", name="Look in a new tab")
        assert look.get_attribute("href") == "/first-day"
        box = note.bounding_box()
        assert 0 <= box["y"] <= 900 - box["height"]  # it is in sight, wherever the form stands
        assert window.violations() == []
        window.picture("busy-long")
        form.locator("button").press("Enter")
        page.clock.fast_forward(AFTER_LONG_MS)
        assert form.get_attribute("aria-busy") == "true"
        assert len(held) == 1
        window.open("/proof")
        page.route("**/proof?id=*", lambda route: route.fulfill(status=204))
        asked = page.get_by_role("search")
        asked.get_by_role("textbox").fill("x")
        asked.get_by_role("button").click()
        page.locator("form[aria-busy=true]").wait_for()
        page.clock.fast_forward(AFTER_LONG_MS)
        assert page.locator("form[aria-busy]").count() == 0
        assert note.inner_text() == ""
        assert window.faults == []
    finally:
        window.close()


@pytest.mark.parametrize(("locale", "told"), [("it-IT", "In corso …"), ("de-DE", "Es wird")])
def test_a_press_to_sign_in_tells_so_in_the_readers_language(
    outside: Any, browser: Any, locale: str, told: str
) -> None:
    window = Window(browser, outside.base_url, width=390, locale=locale)
    try:
        window.open("/sign-in")
        held = _hold(window.page, "**/oauth2/authorize")
        window.page.locator(".presses button").first.click()
        window.page.locator("form[aria-busy=true]").wait_for()
        assert told in window.page.locator("#doing").inner_text()
        assert len(held) == 1
        assert window.faults == []
    finally:
        window.close()
