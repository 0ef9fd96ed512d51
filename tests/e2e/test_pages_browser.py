"""The pages in a real browser: the household's app, and curves."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from platone.kernel.market_time import MarketDay

from .browser import Window, running_browser
from .rights_day import Day


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as found:
        yield found


def test_nothing_moves_by_itself_for_who_asked_for_less_motion(day: Day, browser: Any) -> None:
    """A press fades where motion is welcome, and changes at once where it is not."""
    window = Window(browser, day.server.base_url)
    lasts = "getComputedStyle(document.querySelector('.button')).transitionDuration"
    try:
        for wish, told in (("no-preference", "0.12s, 0.12s"), ("reduce", "0s")):
            window.page.emulate_media(reduced_motion=wish)
            window.open("/design")
            assert window.page.evaluate(lasts) == told, wish
    finally:
        window.close()


@pytest.mark.parametrize(
    ("locale", "heading"),
    [("it-IT", "La mia energia"), ("de-DE", "Meine Energie"), ("el-GR", "\u0397 ενέργειά μου")],
)
def test_the_household_reads_its_own_language(
    day: Day, browser: Any, locale: str, heading: str
) -> None:
    window = Window(browser, day.server.base_url, width=390, locale=locale)
    try:
        window.sign_in("CUSTOMER-1")
        window.open("/app?day=2021-06-23")
        assert window.page.locator("h1").inner_text() == heading
        assert window.page.locator("html").get_attribute("lang") == locale[:2]
        assert window.violations() == []
        window.picture(f"household-{locale[:2]}")
        window.open("/app/choices")
        window.page.get_by_role("button", name="English").click()
        assert window.page.locator("h1").inner_text() == "My choices"
    finally:
        window.close()


def test_a_household_reads_what_it_last_saw_without_a_network_until_it_signs_out(
    day: Day, browser: Any
) -> None:
    window = Window(browser, day.server.base_url, width=390)
    page = window.page
    statement = "/money/statement?month=2021-06&role=customer"
    seen = {
        "/": "Tomorrow",
        "/app/data": "Download my data",
        "/app/readings?day=2021-06-23": "in block",
        "/money": "1.92",
        statement: "1.92 tokens are yours",
        "/app?day=2021-06-23": "207.66 kW",
    }
    try:
        window.sign_in("CUSTOMER-1")
        for path in seen:
            window.open(path)
            _wait(page, "caches.match(location.href).then((found) => found !== undefined)")
        note = page.locator("#offline")
        assert not note.is_visible()
        window.context.set_offline(True)
        for path, told in seen.items():
            window.open(path)
            assert told in page.locator("main").inner_text(), path
            assert "Last seen: " in note.inner_text(), path
        page.reload()
        assert "207.66 kW" in page.locator("main").inner_text()
        page.locator("form[action='/app/tomorrow'] button").first.click()  # it is not lost silently
        assert "207.66 kW" in page.locator("main").inner_text()
        assert page.url.endswith("/app?day=2021-06-23")
        window.open("/people")  # never opened: the app says so in place of the browser's own page
        assert "You had not opened that page before" in note.inner_text()
        assert page.locator("h1").inner_text() == "My energy"
        window.context.set_offline(False)
        window.open("/app?day=2021-06-23")
        assert not note.is_visible()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"{day.server.base_url}/")
        _wait(page, "caches.keys().then((names) => names.length === 0)")
    finally:
        window.close()


def test_what_one_person_saw_is_not_there_for_the_next_one_nor_for_nobody(
    day: Day, browser: Any
) -> None:
    """The sign-in is lost in two ways that no button ends: its cookie goes, and another begins."""
    window = Window(browser, day.server.base_url, width=390)
    page = window.page
    mine = "caches.keys().then((names) => names.filter((name) => name !== 'files').join())"
    try:
        for away in ("/app", "/"):
            window.sign_in("CUSTOMER-1")
            window.open("/money")
            _wait(page, f"{mine}.then((names) => names === 'CUSTOMER-1/CUSTOMER-1')")
            _wait(page, "caches.match('/money').then((found) => found !== undefined)")
            window.context.clear_cookies(name="__Host-platone")
            window.open(away)
            _wait(page, f"{mine}.then((names) => names === '')")
            assert page.evaluate("caches.match('/money').then((found) => found ?? null)") is None
        window.sign_in("CUSTOMER-1")
        window.open("/money")
        _wait(page, "caches.match('/money').then((found) => found !== undefined)")
        window.context.clear_cookies(name="__Host-platone")
        other = Window(browser, day.server.base_url)
        other.sign_in("MO")
        window.context.add_cookies(
            [each for each in other.context.cookies() if each["name"] == "__Host-platone"]
        )
        other.close()
        window.open("/")
        _wait(page, f"{mine}.then((names) => names === '')")
        window.open("/money")
        assert (
            "1.92" in page.locator("main").inner_text()
        )  # the operator sees it, and keeps nothing
        assert page.evaluate(mine) == ""
    finally:
        window.close()


def test_the_app_can_be_put_on_the_home_screen_by_its_name(day: Day, browser: Any) -> None:
    """Chromium itself says what would stand against it."""
    window = Window(browser, day.server.base_url, width=390, locale="it-IT")
    try:
        window.sign_in("CUSTOMER-1")
        window.open("/app")
        session = window.context.new_cdp_session(window.page)
        told = session.send("Page.getAppManifest")
        assert told["errors"] == []
        assert json.loads(told["data"])["short_name"] == "La mia energia"
        against = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
        # a test's window keeps nothing, as an incognito one
        assert {each["errorId"] for each in against} <= {"in-incognito"}
    finally:
        window.close()


def test_a_household_says_that_tomorrow_is_its_own(day: Day, browser: Any) -> None:
    window = Window(browser, day.server.base_url, width=390)
    page = window.page
    try:
        window.sign_in("CUSTOMER-1")
        window.open("/app")
        page.get_by_role("button", name="Not available").click()
        assert "nothing of yours is offered, as you chose" in page.locator("main").inner_text()
        page.get_by_text("Only in these hours").click()
        page.locator("#from").fill("08:00")
        page.locator("#to").fill("12:30")
        page.get_by_role("button", name="Save").click()
        assert "only from 08:00 to 12:30, as you chose" in page.locator("main").inner_text()
        now = datetime.fromisoformat(day.server.get("CUSTOMER-1", "/api/clock")["now"])
        tomorrow = MarketDay.holding(now).next.on
        (said,) = day.server.get("CUSTOMER-1", f"/api/aggregator/preferences/{tomorrow}")[
            "preferences"
        ]
        assert said["preference"]["hours"] == [{"firstIndex": 32, "endIndex": 50}]
        page.get_by_role("button", name="Available all day").click()
        assert "all day, as you chose" in page.locator("main").inner_text()
        assert window.faults == []
    finally:
        window.close()


def test_measured_power_is_drawn_and_looked_at_more_closely(day: Day, browser: Any) -> None:
    window = Window(browser, day.server.base_url)
    page = window.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    try:
        window.sign_in("CUSTOMER-1")
        window.open("/app/history?span=year&day=2021-06-23")
        over = page.locator(".chart .u-over")
        over.wait_for()
        assert "896.69" not in page.locator("tbody").first.inner_text()  # of a month, not a day
        first = [url for url in asked if "curve.json" in url]
        assert len(first) == 1
        box = over.bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.47, box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.49, box["y"] + 50, steps=4)
        with page.expect_response(lambda answer: "curve.json" in answer.url) as closer:
            page.mouse.up()
        assert closer.value.json()["curves"][0]["stepMinutes"] < 1440  # finer than the year's
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 80)
        assert "kW" in page.locator(".readout").inner_text()
        assert window.faults == []
    finally:
        window.close()


def test_history_is_read_without_a_script(day: Day, browser: Any) -> None:
    window = Window(browser, day.server.base_url, java_script=False)
    try:
        window.sign_in("CUSTOMER-1")
        window.open("/app/history?span=day&day=2021-06-23")
        assert window.page.locator("tbody tr").first.inner_text().startswith("00:00")
        assert window.page.locator("table").first.locator("tbody tr").count() == 24
    finally:
        window.close()


def _wait(page: Any, promise: str, most_s: float = 30.0) -> None:
    """Wait until a promise of the page comes to true."""
    until_s = time.monotonic() + most_s
    while not page.evaluate(promise):
        assert time.monotonic() < until_s, promise
        page.wait_for_timeout(100)


def test_a_notice_is_shown_in_its_readers_words(day: Day, browser: Any) -> None:
    """The browser gives its worker what a push service would have given it."""
    window = Window(browser, day.server.base_url, width=390)
    page, registrations = window.page, list[dict[str, Any]]()
    told: dict[str, Any] = {"kind": "accepted", "language": "it", "zone": "Europe/Rome"}
    told |= {"from": "2021-06-23T10:30:00Z", "to": "2021-06-23T10:45:00Z"}
    try:
        window.context.grant_permissions(["notifications"], origin=day.server.base_url)
        window.sign_in("CUSTOMER-1")
        window.open("/app")
        _wait(page, "navigator.serviceWorker.ready.then(() => true)")
        session = window.context.new_cdp_session(page)
        session.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda event: registrations.extend(event["registrations"]),
        )
        session.send("ServiceWorker.enable")
        page.wait_for_timeout(500)
        told |= {"power": 207.662, "unit": "kW"}
        push = {"origin": day.server.base_url, "data": json.dumps(told)}
        push["registrationId"] = registrations[-1]["registrationId"]
        session.send("ServiceWorker.deliverPushMessage", push)
        shown = "navigator.serviceWorker.ready.then((worker) => worker.getNotifications())"
        _wait(page, f"{shown}.then((all) => all.length > 0)")
        title, body = page.evaluate(f"{shown}.then(([one]) => [one.title, one.body])")
        assert title == "La tua flessibilità è stata venduta"
        assert body == (
            "mercoledì 23 giugno, dalle 12:30 alle 12:45: in media 207,66 kW prelevati dalla rete"
        )
        fed_in = {"kind": "activated", "language": "de", "power": -3.5}
        session.send("ServiceWorker.deliverPushMessage", push | {"data": json.dumps(told | fed_in)})
        _wait(page, f"{shown}.then((all) => all.length > 1)")
        said = page.evaluate(f"{shown}.then((all) => all.map((each) => each.body))")
        assert (
            "Mittwoch, 23. Juni, 12:30 bis 12:45 Uhr: im Mittel 3,5 kW Einspeisung ins Netz" in said
        )
    finally:
        window.close()
