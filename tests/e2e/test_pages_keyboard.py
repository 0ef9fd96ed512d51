"""Days are walked through by keyboard alone, without a pointer and without a script's help."""

from collections.abc import Iterator
from typing import Any

import pytest

from .browser import Window, running_browser
from .shown_day import Shown

MOST_TABS = 150
"""How far the keyboard may have to go on a page, presses."""
_FOCUSED = """() => { const it = document.activeElement;
  return [it.innerText, it.labels?.[0]?.innerText, it.getAttribute('aria-label')]
    .filter(Boolean).map((each) => each.trim().split('\\n')[0].trim()); }"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as found:
        yield found


class Keys:
    """Somebody who has no pointer."""

    def __init__(self, window: Window) -> None:
        self.window, self.page = window, window.page

    def to(self, name: str, times: int = 1) -> "Keys":
        """Go on to what is called so, as its label or its text says; to the second one of it."""
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if name in self.page.evaluate(_FOCUSED):
                times -= 1
                if times == 0:
                    return self
        pytest.fail(f"the keyboard does not lead to {name!r} on {self.page.url}")

    def press(self, name: str, leads_to: str = "", times: int = 1) -> None:
        """Press a link or a button; the page that it leads to is open then."""
        self.to(name, times)
        if not leads_to:
            self.page.keyboard.press("Enter")
            return
        with self.page.expect_navigation(url=f"{self.window.base_url}{leads_to}"):
            self.page.keyboard.press("Enter")

    def type(self, name: str, text: str) -> None:
        """Type into a field, in the place of what stands there."""
        self.to(name)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, name: str, by: str) -> None:
        """Choose in a list by the first letters of what is wanted."""
        self.to(name)
        self.page.keyboard.type(by)

    def content(self) -> None:
        """Skip to the content, as the first press on each page offers."""
        self.press("Skip to the content")
        assert self.page.evaluate("document.activeElement.id") == "main"

    def told(self) -> str:
        return str(self.page.locator("main").inner_text())


@pytest.fixture
def keys(shown: Shown, browser: Any) -> Iterator[Keys]:
    window = Window(browser, shown.server.base_url)
    try:
        yield Keys(window)
        assert window.faults == []
    finally:
        window.close()


def test_the_market_operator_s_day_by_keyboard_alone(shown: Shown, keys: Keys) -> None:
    keys.window.open("/sign-in")
    keys.press("MO", "/")
    keys.content()
    keys.press("All sessions", "/market")
    keys.to("Text")  # the filter's last field; after it comes the form of a new session
    keys.type("Day of delivery", "07072021")  # as browsers write it where days or months come first
    keys.press("Create", "/market/*")
    assert "Wed 7 Jul 2021, day ahead" in keys.told()
    keys.choose("Order", "cancel")
    keys.type("Reason", "a trial without a hand")
    keys.press("Give the order", "/market/*")
    assert "cancelled" in keys.told()
    keys.press("1 event out of the ordinary")
    assert "a trial without a hand" in keys.told()
    keys.press("Money", "/money")
    keys.content()
    keys.type("Reference", "by-keyboard")
    keys.type("Party", "TSO")
    keys.choose("As", "requester")
    keys.type("Amount in €", "0.01")
    keys.press("Book it", "/money*")
    keys.press("Disputes", "/money/disputes")
    keys.content()
    keys.press(_dispute(shown), "/money/disputes/*")
    keys.press("Sign out", "/")
    assert keys.page.get_by_role("link", name="Sign in").first.is_visible()


def _dispute(shown: Shown) -> str:
    (dispute,) = shown.server.get("MO", "/api/settlementDispute")["disputes"]
    return str(dispute["disputeId"])


def test_a_household_s_day_by_keyboard_alone(keys: Keys) -> None:
    keys.window.open("/sign-in?then=/app?day=2021-06-23")
    keys.press("CUSTOMER-1", "/app*")
    keys.content()
    keys.press("As a table")
    keys.to("Your day")  # the table, which is moved by the arrow keys
    assert "207.66" in keys.told()
    keys.press("Not available", "/app*")
    assert "nothing of yours is offered, as you chose" in keys.told()
    keys.press("Available all day", "/app*")
    assert "all day, as you chose" in keys.told()
    keys.press("History", "/app/history*")
    keys.press("Choices", "/app/choices*")
    keys.press("Deutsch", "/app/choices*")
    assert keys.page.locator("html").get_attribute("lang") == "de"
    keys.press("English", "/app/choices*")
    keys.press("Money", "/money")
    keys.press("Month by month", "/money/statement*")
    keys.press("Verify", "/proof")
    keys.press("Sign out", "/")


def test_an_auditor_s_day_by_keyboard_alone(shown: Shown, keys: Keys) -> None:
    keys.window.open("/sign-in")
    keys.press("AUDITOR", "/")
    keys.type("Case", "keyboard-1")
    keys.press("Look into it", "/")
    assert "Case keyboard-1" in keys.told()
    keys.press("Verify", "/proof")
    keys.window.open(shown.address("/proof?id={line}"))
    keys.content()
    assert "Proven." in keys.told()
    keys.press("Changes", "/changes")
    keys.press("Sign out", "/")


def test_a_data_protection_officer_s_day_by_keyboard_alone(keys: Keys) -> None:
    keys.window.open("/sign-in")
    keys.press("DPO", "/")
    keys.content()
    keys.press("Accesses", "/accesses")
    keys.press("Changes", "/changes")
    keys.press("Sign out", "/")
