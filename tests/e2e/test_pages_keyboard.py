"""Days are walked through by keyboard alone, without a pointer and without a script's help."""

from collections.abc import Iterator
from typing import Any

import pytest

from .browser import Window, running_browser
from .rights_day import OWN_POD, PODS
from .shown_day import OPEN, Shown

MOST_TABS = 150
"""How far the keyboard may have to go on a page, presses."""
OPEN_DAY = "Sat 3 Jul 2021"
"""The day of the session whose gate is open, as pages name it."""
POM = "CP-IRLANDESE"
"""The point of measurement that feeds all plants (scenario/tso-request.json)."""
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

    def to(self, name: str, times: int = 1, more: str = "") -> "Keys":
        """Go on to what is called so, as its label or its text says; to the second one of it.

        Args:
            name: Its name.
            times: Which of those that are called so.
            more: What may stand behind its name, before anything else.
        """
        begins = f"{name}{more}" if more else None
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            told = self.page.evaluate(_FOCUSED)
            if name in told or (begins and any(each.startswith(begins) for each in told)):
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

    def mark(self, name: str) -> None:
        """Mark a box, behind whose name a hint may stand."""
        self.to(name, more=" ")
        self.page.keyboard.press("Space")
        assert self.page.evaluate("document.activeElement.checked")

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
    keys.to(
        "Session, offer or party"
    )  # the filter's last field; after it comes the form of a new session
    keys.type("Day of delivery", "07072021")  # as browsers write it where days or months come first
    keys.press("Create", "/market/*")
    assert "Wed 7 Jul 2021, day ahead" in keys.told()
    keys.press("Cancel the session")
    keys.type("Reason", "a trial without a hand")
    keys.press("Yes, cancel it", "/market/*")
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
    assert "The payment is booked. TSO, as requester, has a balance of" in keys.told()
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


@pytest.fixture
def refused_message(shown: Shown) -> Iterator[None]:
    """A message was refused; it is closed here, and others find it open again."""
    path = "/api/access/deadLetters"
    letters = shown.server.get("MDA", path)["deadLetters"]
    number = next(str(each["id"]) for each in letters if each["status"] == "refused")
    yield
    shown.server.call("MDA", "POST", f"{path}/{number}/replay")


@pytest.fixture
def all_expected(shown: Shown) -> None:
    """Each plant has a baseline in the open session: a TSO asks all that one point feeds."""
    server = shown.server
    for party in set(PODS.values()):
        series = [
            {"podId": pod, "startTime": OPEN["startTime"], "values": [100.0] * 96}
            for pod, aggregator in PODS.items()
            if aggregator == party and pod != OWN_POD  # which has one
        ]
        told = server.call(party, "POST", "/api/scd/baselines", {"series": series}).json()
        assert {each["status"] for each in told["results"]} == {"accepted"}, told
    asked = {
        "playerId": "TSO",
        "serviceType": "TSO_request",
        "playerServiceId": "tso-trial",
        "flexibility": [{"pom": POM, "power": [{"index": 50, "p": 700, "pPrice": 0.1}]}],
        **OPEN,
    }
    path = "/api/flexibilityService"  # the market learns of the baselines a moment later
    server.wait(lambda: server.call("TSO", "POST", path, asked).status_code < 300)
    assert server.call("TSO", "DELETE", f"{path}/tso-trial").status_code < 300


def test_an_aggregator_s_day_by_keyboard_alone(keys: Keys) -> None:
    keys.window.open("/sign-in")
    keys.press("ACEAE", "/")
    keys.content()
    keys.press("Portfolio", "/portfolio")
    keys.content()
    keys.press(OWN_POD, "/pods/*")
    keys.press("Market", "/market")
    keys.content()
    keys.press(OPEN_DAY, "/market/*")
    keys.press("Offer", "/market/*/offer")
    keys.type("Identifier", "offered-by-keyboard")
    keys.mark(OWN_POD)
    keys.type("From", "12:30")  # what its customer agreed to, which binds the aggregator
    keys.type("To", "12:45")
    keys.type("Total power, kW", "420")
    keys.type("Least price, €/kWh", "0.07")
    keys.press("Show the baseline", "/market/*/offer")
    assert "What is expected on Sat 3 Jul 2021" in keys.told()
    keys.press("Offer", "/market/*")
    keys.press("Portfolio", "/portfolio")
    keys.press("Tomorrow's offers, and what they would earn", "/portfolio/tomorrow")
    assert "5.00\u202fkWh" in keys.told()  # 20 kW for a quarter of an hour
    assert "0.35\u202f€" in keys.told()
    keys.content()
    keys.press("Sat 3 Jul 2021, day ahead", "/market/*")
    keys.press("offer", "/service/*")
    assert "offered-by-keyboard" in keys.told()
    keys.press("Withdraw")
    keys.press("Yes, withdraw it", "/service/*")
    assert "withdrawn" in keys.told()
    keys.press("Sign out", "/")


def test_a_dso_s_day_by_keyboard_alone(keys: Keys) -> None:
    keys.window.open("/sign-in")
    keys.press("DSO", "/")
    keys.content()
    keys.press("Wed 23 Jun 2021, day ahead", "/market/*")
    keys.press("before the market", "/grid/*/picture*")
    keys.page.locator("#alarms", has_text="259.5 A").wait_for()
    keys.press("← Grid", "/grid*")
    keys.press("outages", "/grid/*/outages*")
    keys.mark("Laid anew")
    keys.press("Calculate", "/grid/jobs/*")
    keys.page.locator("main", has_text="outage looked at").wait_for()
    keys.press("Market", "/market")
    keys.content()
    keys.press(OPEN_DAY, "/market/*")
    keys.press("Ask", "/market/*/offer")
    keys.type("Identifier", "asked-by-keyboard")
    keys.mark(OWN_POD)
    keys.type("From", "14:00")
    keys.type("To", "14:30")
    keys.type("Total power, kW", "420")
    keys.type("Most that is paid, €/kWh", "0.2")
    keys.press("Ask", "/market/*")
    assert "asked-by-keyboard" in keys.told()
    keys.press("DSO request", "/service/*", times=2)
    keys.press("Withdraw")
    keys.press("Yes, withdraw it", "/service/*")
    assert "withdrawn" in keys.told()
    keys.press("Sign out", "/")


@pytest.mark.usefixtures("all_expected")
def test_a_tso_s_day_by_keyboard_alone(keys: Keys) -> None:
    keys.window.open("/sign-in")
    keys.press("TSO", "/")
    keys.content()
    keys.press(OPEN_DAY, "/market/*")
    keys.press("Ask", "/market/*/offer")
    keys.type("Identifier", "tso-by-keyboard")
    keys.type("Point of measurement", POM)
    keys.type("From", "12:30")
    keys.type("To", "12:45")
    keys.type("Total power, kW", "700")
    keys.type("Most that is paid, €/kWh", "0.1")
    keys.press("Ask", "/market/*")
    keys.press("TSO request", "/service/*")
    assert "tso-by-keyboard" in keys.told()
    keys.press("Withdraw")
    keys.press("Yes, withdraw it", "/service/*")
    assert "withdrawn" in keys.told()
    keys.press("Money", "/money")
    keys.content()
    keys.press("month by month", "/money/statement*")
    keys.press("Sign out", "/")


@pytest.mark.usefixtures("refused_message")
def test_a_metered_data_administrator_s_day_by_keyboard_alone(keys: Keys) -> None:
    keys.window.open("/sign-in")
    keys.press("MDA", "/")
    keys.content()
    keys.press("wait to be mended, taken or closed", "/devices")
    keys.content()
    keys.press("Take it", "/devices/replay")
    assert "The envelope is malformed" in keys.told()
    keys.press("close it")
    keys.type("Reason", "nobody can read it")
    keys.press("Close it", "/devices*")
    assert "It was closed." in keys.told()
    assert "nobody can read it" in keys.told()
    keys.press(OWN_POD, "/pods/*")
    keys.press("Verify", "/proof")
    keys.content()
    keys.press("Sign out", "/")
