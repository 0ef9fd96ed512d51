"""The pages in a real browser: looked at in every size and light, checked, and used by keyboard."""

import gzip
import json
import re
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from platone.kernel.market_time import MarketDay

from .browser import Window, running_browser
from .rights_day import OWN_POD, Day

SHOWN = {
    "MO": (
        "/",
        "/first-day",
        "/market",
        "/market/{session_id}",
        "/money",
        "/money/agreements",
        "/money/disputes",
        "/money/statement?month=2021-06&party=ACEAE&role=aggregator",
        "/pods",
        "/account",
        "/people",
        "/rights",
        "/changes",
        "/proof",
    ),
    "DSO": (
        "/grid?day=2021-06-23",
        "/grid/italy-tor-di-valle/day?day=2021-06-23",
        "/grid/italy-tor-di-valle/versions",
        "/grid/estimate",
        "/devices",
        "/pods/{pod_id}?day=2021-06-23",
        "/pods/{pod_id}/history?day=2021-06-23",
    ),
    "ACEAE": (
        "/portfolio",
        "/portfolio/tomorrow?day=2021-06-23",
        "/portfolio/delivery?day=2021-06-23",
        "/money/agreements",
        "/money/disputes?line=x",
        "/service/{service_id}",
        "/market/{session_id}/offer",
    ),
    "CUSTOMER-1": (
        "/",
        "/app?day=2021-06-23",
        "/app?day=2021-06-01",
        "/app/history?day=2021-06-23",
        "/app/history?span=year&day=2021-06-23",
        "/app/choices",
        "/money",
        "/proof?id={reading}&owner=MDA",
    ),
    "MDA": ("/devices", "/proof?id={reading}&owner=MDA"),
    "AUDITOR": ("/", "/market", "/account"),
    "DPO": ("/", "/accesses"),
    "": ("/", "/design", "/sign-in"),
}
"""Pages that are looked at, by who sees them; the empty name is nobody."""
SIZES = ((390, "light"), (390, "dark"), (1280, "light"), (1280, "dark"), (1920, "light"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as found:
        yield found


def _name(person: str, path: str, width: int, scheme: str) -> str:
    place = re.sub(r"[^a-z0-9]+", "-", path.partition("?")[0].lower()).strip("-") or "first"
    return f"{person or 'nobody'}-{place}-{width}-{scheme}"


@pytest.mark.parametrize(("width", "scheme"), SIZES)
@pytest.mark.parametrize("person", list(SHOWN))
def test_pages_are_accessible_fit_and_load_nothing_foreign(
    day: Day, browser: Any, person: str, width: int, scheme: str
) -> None:
    window = Window(browser, day.server.base_url, width=width, scheme=scheme)
    wrong: list[str] = []
    try:
        if person:
            window.sign_in(person)
        for page in SHOWN[person]:
            path = page.format(**day.names(OWN_POD, "MO"), reading=day.reading[OWN_POD])
            window.open(path)
            window.picture(_name(person, page, width, scheme))
            wrong += [f"{path}: {each}" for each in window.violations()]
            across = window.page.evaluate("document.documentElement.scrollWidth")
            if across > width:
                wrong.append(f"{path} is {across} px wide in {width}")
        assert wrong == []
        assert window.faults == []
        assert window.foreign == []
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
    try:
        window.sign_in("CUSTOMER-1")
        window.open("/app?day=2021-06-23")
        note = page.locator("#offline")
        assert not note.is_visible()
        kept = "caches.open('household-1').then((kept) => kept.match(location.href))"
        _wait(page, f"{kept}.then((found) => found !== undefined)")
        window.context.set_offline(True)
        page.reload()
        assert "207.66 kW" in page.locator("main").inner_text()
        assert note.is_visible()
        page.locator("form[action='/app/tomorrow'] button").first.click()  # it is not lost silently
        assert "207.66 kW" in page.locator("main").inner_text()
        assert page.url.endswith("/app?day=2021-06-23")
        window.context.set_offline(False)
        page.reload()
        assert not note.is_visible()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"{day.server.base_url}/")
        _wait(page, "caches.keys().then((names) => names.length === 0)")
    finally:
        window.close()


def test_a_household_says_that_tomorrow_is_its_own(day: Day, browser: Any) -> None:
    window = Window(browser, day.server.base_url, width=390)
    page = window.page
    try:
        window.sign_in("CUSTOMER-1")
        window.open("/app")
        page.get_by_role("button", name="Not available").click()
        assert "nothing of yours is offered, as you said" in page.locator("main").inner_text()
        page.get_by_text("Only in these hours").first.click()
        page.locator("#from").fill("08:00")
        page.locator("#to").fill("12:30")
        page.get_by_role("button", name="Only in these hours").click()
        assert "only from 08:00 to 12:30, as you said" in page.locator("main").inner_text()
        now = datetime.fromisoformat(day.server.get("CUSTOMER-1", "/api/clock")["now"])
        tomorrow = MarketDay.holding(now).next.on
        (said,) = day.server.get("CUSTOMER-1", f"/api/aggregator/preferences/{tomorrow}")[
            "preferences"
        ]
        assert said["preference"]["hours"] == [{"firstIndex": 32, "endIndex": 50}]
        page.get_by_role("button", name="Available all day").click()
        assert "all day, as you said" in page.locator("main").inner_text()
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


def test_a_page_loads_little_script(day: Day, browser: Any) -> None:
    """At most 120 kB of it, compressed as browsers can have it."""
    window = Window(browser, day.server.base_url)
    loaded: set[str] = set()
    window.page.on("request", lambda request: loaded.add(request.url))
    try:
        window.sign_in("CUSTOMER-1")
        for path in ("/app/history", "/"):
            loaded.clear()
            window.open(path)
            scripts = [url for url in loaded if url.partition("?")[0].endswith(".js")]
            bodies = [window.context.request.get(url).body() for url in scripts]
            assert 10_000 < sum(len(gzip.compress(each)) for each in bodies) <= 120_000, path
    finally:
        window.close()


def test_a_person_signs_in_looks_and_signs_out_by_keyboard_alone(day: Day, browser: Any) -> None:
    window = Window(browser, day.server.base_url)
    page = window.page
    try:
        window.open("/sign-in")
        _press_until(page, lambda: "MarketOperator" in _focused(page))
        page.keyboard.press("Enter")
        page.wait_for_url(f"{day.server.base_url}/")
        page.keyboard.press("Tab")
        assert _focused(page) == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        _press_until(page, lambda: _focused(page) == "All sessions")
        page.keyboard.press("Enter")
        page.wait_for_url("**/market")
        _press_until(page, lambda: "Jun 2021" in _focused(page))
        page.keyboard.press("Enter")
        page.wait_for_url("**/market/*")
        _press_until(page, lambda: _focused(page) == "Sign out")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{day.server.base_url}/")
        assert page.get_by_role("link", name="Sign in").first.is_visible()
        assert window.faults == []
    finally:
        window.close()


def _wait(page: Any, promise: str, most_s: float = 30.0) -> None:
    """Wait until a promise of the page comes to true."""
    until_s = time.monotonic() + most_s
    while not page.evaluate(promise):
        assert time.monotonic() < until_s, promise
        page.wait_for_timeout(100)


def _focused(page: Any) -> str:
    """The text of the link or button that the keyboard is at; nothing elsewhere."""
    asked = "['A', 'BUTTON'].includes(document.activeElement.tagName)"
    return str(page.evaluate(f"{asked} ? document.activeElement.innerText : ''")).strip()


def _press_until(page: Any, reached: Any, most: int = 120) -> None:
    for _ in range(most):
        if reached():
            return
        page.keyboard.press("Tab")
    pytest.fail("the keyboard does not lead there")


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
        assert body == "mercoledì 23 giugno, dalle 12:30 alle 12:45: in media 207,66 kW"
    finally:
        window.close()
