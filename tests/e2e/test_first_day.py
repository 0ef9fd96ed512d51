"""A newcomer presses through the guided first market day in a browser, to the payment."""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from .browser import Window, running_browser
from .page_visit import Visit
from .test_pages_people import PASSWORD, invite, join, sign_in

MORNING = datetime(2021, 6, 22, 8, 30, tzinfo=UTC)
"""10:30 in Rome: the gate of the next day's session opens at 11:00."""
STEPS = ("Register", "Connect", "Ask", "Offer", "Clear", "Cut", "Deliver", "Pay")
WAIT_MS = 60_000
PHONE = 390
SENT = {
    "Ask": r"DSO asked for 40.kW in total at IT001E00000001, .* for 0\.1.€/kWh",
    "Offer": r"ACEAE offered 40.kW in total at IT001E00000001, .* 0\.04.€/kWh",
}
"""What the guide tells of a request and an offer that were sent."""
SOLD = {
    "Clear": r"Sold: 2\.5.kWh.*1 taken",
    "Cut": r"overridden MO answered in the DSO's place.*Final: 2\.5.kWh",
}
"""What it tells of the clearing and the check: 10 kW less for a quarter-hour, at 0.04 €/kWh."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as found:
        yield found


@pytest.fixture
def meters(tmp_path: Path) -> Iterator[Any]:
    """Starts `platone demo meters` for a server's folder."""
    started: list[subprocess.Popen[bytes]] = []

    def start(data: Path) -> None:
        command = [sys.executable, "-m", "platone", "demo", "meters", "--data", str(data)]
        started.append(
            subprocess.Popen(  # noqa: S603 - our own program
                [*command, "--out", str(tmp_path / "meters")],
                stdout=subprocess.DEVNULL,
            )
        )

    yield start
    for each in started:
        each.terminate()
        assert each.wait(60) == 0


class Walk:
    """A newcomer in front of the guide, who presses what it offers."""

    def __init__(self, window: Window) -> None:
        self.window, self.page = window, window.page

    def step(self, name: str) -> Any:
        return self.page.locator(
            ".walk > li", has=self.page.locator("h2", has_text=re.compile(rf"^\s*{name}"))
        )

    def states(self) -> list[str]:
        return [str(self.step(each).get_attribute("data-state")) for each in STEPS]

    def become(self, step: str, party: str) -> None:
        self.step(step).get_by_role("button", name=re.compile(f"Sign in as {party}")).click()
        if party != "CUSTOMER-1":
            self.page.wait_for_url(re.compile(r"/first-day\?session="))
            assert f"You act for {party}." in self.page.locator("#guide").inner_text()

    def press(self, step: str, button: str) -> None:
        self.step(step).get_by_role("button", name=re.compile(button)).click()
        self.page.wait_for_url(re.compile(r"/first-day\?session="))

    def be_sure(self, step: str, asked: str, answer: str) -> None:
        """Press what asks first, and its answer, which stays when the guide renews itself."""
        self.step(step).locator("summary", has_text=asked).click()
        with self.page.expect_response(re.compile("/first-day")):
            pass
        self.press(step, answer)

    def fill_in(self, step: str, link: str, button: str) -> None:
        """Follow a step's link to its form, which is filled in, and send that."""
        self.step(step).get_by_role("link", name=re.compile(link)).click()
        self.page.get_by_role("button", name=button, exact=True).click()
        self.page.wait_for_url(re.compile(r"/first-day\?session="))

    def see(self, name: str, told: dict[str, str]) -> None:
        """Look at the guide, and read in its steps what was asked and what came of it."""
        for step, pattern in told.items():
            assert re.search(pattern, self.step(step).inner_text()), step
        self.window.picture(f"first-day-{name}-1280-light")

    def wait_done(self, step: str) -> None:
        """Wait for a tick that comes by itself, without reloading."""
        done = self.page.locator('.walk > li[data-state="done"] h2')
        done.filter(has_text=re.compile(rf"^\s*{step}")).wait_for(timeout=WAIT_MS)


def _see_nothing_measured(server: Any) -> None:
    """Read on the day that is planned that there are no readings yet, and no energy of 0 kWh."""
    visit = Visit(server.base_url, server.data)
    visit.sign_in("ACEAE")
    day = visit.get("/pods/IT001E00000001?day=2021-06-23").text
    visit.close()
    assert ("Nothing is measured of this day yet." in day, "Measured: " in day) == (True, False)


def test_a_newcomer_presses_through_to_the_payment(
    server_at: Any, browser: Any, meters: Any
) -> None:
    server = server_at(MORNING)
    window = Window(browser, server.base_url)
    walk = Walk(window)
    try:
        window.sign_in("MO")
        window.open("/first-day")
        walk.window.picture("first-day-begun-1280-light")
        session = re.findall(r"session=([^&\"]+)", walk.page.content())[0]
        walk.become("Register", "ACEAE")
        walk.fill_in("Register", "Register a point", "Register")
        walk.fill_in("Register", "Give IT001E00000001 a baseline", "Give it")
        walk.wait_done("Register")
        _see_nothing_measured(server)
        assert "platone demo meters" in walk.step("Connect").inner_text()
        meters(server.data)
        walk.wait_done("Connect")
        walk.become("Offer", "MO")
        walk.press("Ask", "Move the clock to when the gate opens")
        walk.step("Ask").get_by_text("The gate is open until").wait_for(timeout=WAIT_MS)
        walk.become("Ask", "DSO")
        walk.fill_in("Ask", "Ask", "Ask")
        walk.become("Offer", "ACEAE")
        walk.fill_in("Offer", "Offer", "Offer")
        walk.become("Clear", "MO")
        assert walk.states() == ["done"] * 4 + ["now"] + ["later"] * 3
        walk.see("offered", SENT)
        walk.be_sure("Clear", "Close the gate now", "Yes, close the gate")
        walk.wait_done("Clear")
        walk.be_sure("Cut", "Answer: the grid takes all", "Yes, it takes all")
        walk.wait_done("Cut")
        setpoints = server.wait(lambda: server.get("DSO", "/api/dso/setpoints")["setpoints"])
        assert [each["powerKw"] for each in setpoints] == [40.0]
        walk.press("Deliver", "when the delivery begins")
        server.wait(
            lambda: (
                server.get("DSO", "/api/dso/setpoints")["setpoints"][0].get("status") == "accepted"
            )
        )
        walk.press("Deliver", "when the delivery ends")
        walk.wait_done("Deliver")
        walk.press("Pay", "when the payment is due")
        walk.wait_done("Pay")
        assert "0.10\u202f€ paid" in walk.step("Pay").inner_text()
        assert walk.states() == ["done"] * 8
        assert server.get("MO", f"/api/marketSession/{session}")["status"] == "settled"
        walk.see("paid", SOLD)
        walk.become("Pay", "CUSTOMER-1")
        walk.page.wait_for_url("**/app?day=2021-06-23")  # its own page, on the day of the session
        walk.window.picture("first-day-customer-1280-light")
        # its four fifths, in figures that a reader computes again
        assert (
            "0.08 tokens are yours: your agreed 80 % of the 0.10 €"
            in walk.page.locator("main").inner_text()
        )
        assert (window.faults, window.foreign) == ([], [])
    finally:
        window.close()


def test_on_a_real_server_the_guide_speaks_of_the_readers_own_role(
    server_at: Any, browser: Any
) -> None:
    """Nobody signs in by a press there: no step leads to a party of the first start."""
    server = server_at(MORNING)
    first = Visit(server.base_url, server.data)
    window = Window(browser, server.base_url, width=PHONE)
    walk = Walk(window)
    try:
        first.sign_in("MO")
        join(first, invite(first, "MO", "MarketOperator"), "olga")
        sign_in(first, "olga")
        with_party = {"party": "NEW", "role-FlexibilityServiceProvider": "on"}
        assert first.send("/people", "/people/party", **with_party).status_code == 200
        join(first, invite(first, "NEW", "FlexibilityServiceProvider"), "anna")
        window.open("/first-day")
        walk.page.get_by_label("Name").fill("anna")
        walk.page.get_by_label("Password").fill(PASSWORD)
        walk.page.get_by_role("button", name="Sign in", exact=True).click()
        walk.page.wait_for_url(re.compile("second-factor|first-day"))
        window.open("/first-day")
        guide = walk.page.locator("#guide")
        told = guide.inner_text()
        assert "You act for NEW (aggregator)." in told
        assert "Sign in as" not in told
        assert re.search("ACEAE|CUSTOMER-1|demo meters|\\bMO\\b", told) is None
        operators = first.get("/first-day").text
        assert "whoever acts as aggregator" in operators
        assert "Sign in as" not in operators
        assert guide.get_by_role("button").count() == 0
        window.picture("first-day-real-390-light")
        walk.step("Register").get_by_role("link", name="Register a point").click()
        assert walk.page.locator("#customer").input_value() == ""
        assert window.faults == []
    finally:
        first.close()
        window.close()
