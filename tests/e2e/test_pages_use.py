"""Pages are used: offers by hand, seen live by others; and hostile content stays text."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from .browser import Window, running_browser
from .conftest import DAY_AHEAD, PODS
from .page_visit import Visit

EVE = datetime(2021, 6, 22, 12, 30, tzinfo=UTC)
"""14:30 in Rome: the gate of the next day's session is open until 15:30."""
HOSTILE = '"><img/src=x/onerror=alert(1)><script>alert(2)</script>'
"""An identifier as the interface takes it: printable, and made to break out of a page."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as found:
        yield found


@pytest.fixture
def window(outside: Any, browser: Any) -> Iterator[Any]:
    made: list[Window] = []

    def opened(name: str, **more: Any) -> Window:
        made.append(Window(browser, outside.base_url, **more))
        made[-1].sign_in(name)
        return made[-1]

    yield opened
    for each in made:
        assert each.faults == []
        assert each.foreign == []
        each.close()


def _fill(page: Any, **typed: str) -> None:
    for name, value in typed.items():
        page.locator(f'main [name="{name.removesuffix("_")}"]').fill(value)


def test_an_offer_is_made_amended_and_withdrawn_while_another_looks_on(
    outside: Any, window: Any
) -> None:
    session = outside.session_id(DAY_AHEAD)
    operator = window("MO")
    operator.open(f"/market/{session}")
    page = window("ACEAE").page
    page.goto(f"{outside.base_url}/market/{session}")
    page.get_by_role("link", name="Offer", exact=True).click()
    page.get_by_label(PODS[2]).check()
    _fill(page, id="by-hand", from_="noon", to="23:45", p="much", price="0,07")
    page.get_by_role("button", name="Offer", exact=True).click()
    told = page.get_by_role("alert").inner_text()
    assert "'noon' is no time of the day." in told
    beside = page.locator('label[for="from"]').inner_text()
    assert "'noon' is no time of the day." in beside
    assert page.locator("[aria-invalid]").count() == 2
    assert "Total power is no number." in told
    assert page.get_by_label(PODS[2]).is_checked()  # it stays as it was marked
    _fill(page, from_="23:30", p="500")
    page.get_by_role("button", name="Offer", exact=True).click()
    assert "not between" in page.get_by_role("alert").inner_text()  # what REST says
    _fill(page, p="90")
    page.get_by_role("button", name="Offer", exact=True).click()
    page.wait_for_url(f"**/market/{session}*")
    page.get_by_role("link", name="by-hand").click()
    assert "stands" in page.locator("main").inner_text()
    # the operator's page, which nobody has touched, shows it
    operator.page.get_by_role("link", name="by-hand").wait_for(timeout=20_000)
    page.get_by_role("link", name="Amend").click()
    times = [page.locator(f'main [name="{name}"]').input_value() for name in ("from", "to")]
    assert times == ["23:30", "23:45"]  # it stands there as it was sent
    _fill(page, price="0.06")
    page.get_by_role("button", name="Offer", exact=True).click()
    page.wait_for_url(f"**/market/{session}*")
    page.goto(f"{outside.base_url}/service/by-hand")
    assert page.locator("section").count() == 2
    assert "revision 2" in page.locator("section").first.inner_text()
    page.locator("summary", has_text="Withdraw").click()
    assert "stands" in page.locator("section").first.inner_text()  # the first press asks only
    page.get_by_role("button", name="Yes, withdraw it").click()
    assert "withdrawn" in page.locator("section").first.inner_text()
    history = outside.get("ACEAE", "/api/flexibilityService/by-hand")["versions"]
    prices = [each["service"]["flexibility"][0]["power"][0]["pPrice"] for each in history]
    assert prices == [0.07, 0.06]
    assert [each["state"] for each in history] == ["replaced", "withdrawn"]


def test_a_newcomer_plays_a_day_from_registration_to_final_trades(
    server_at: Any, browser: Any
) -> None:
    server = server_at(EVE)
    windows = {name: Window(browser, server.base_url) for name in ("ACEAE", "DSO", "MO")}
    try:
        for name, each in windows.items():
            each.sign_in(name)
        aggregator, operator, market = (each.page for each in windows.values())
        aggregator.goto(f"{server.base_url}/portfolio")
        _fill(aggregator, contracted="100", rise="40", fall="much", share="75")
        aggregator.locator("#pod").fill(PODS[0])
        aggregator.get_by_role("button", name="Register").click()
        assert "Fall is no number." in aggregator.get_by_role("alert").inner_text()
        _fill(aggregator, contracted="100", rise="40", fall="40", share="75")
        aggregator.get_by_role("button", name="Register").click()
        server.wait(lambda: server.get("MO", "/api/scd/pods")["pods"])
        aggregator.goto(f"{server.base_url}/portfolio")
        _fill(aggregator, power="50", day="2021-06-23")
        aggregator.locator("#of").fill(PODS[0])
        aggregator.get_by_role("button", name="Give it").click()
        told = aggregator.get_by_role("main").get_by_role("status").inner_text()
        assert told.startswith(f"The baseline of {PODS[0]} for Wed 23 Jun 2021 is handed over.")
        row = aggregator.locator("#entries")  # renews itself
        row.get_by_text("baseline: done").wait_for(timeout=30_000)
        aggregator.goto(f"{server.base_url}/pods/{PODS[0]}?day=2021-06-23")
        assert aggregator.locator("svg .base-line").count() == 1
        for page, button, power, price in (
            (operator, "Ask", "40", "0.1"),
            (aggregator, "Offer", "40", "0.05"),
        ):
            page.goto(f"{server.base_url}/market?day=2021-06-23&marketType=dayAhead")
            page.locator("tbody a").first.click()
            page.get_by_role("link", name=button, exact=True).click()
            page.get_by_label(PODS[0]).check()
            _fill(page, id=f"{button}-1", from_="12:30", to="12:45", p=power, price=price)
            page.get_by_role("button", name=button, exact=True).click()
            page.get_by_role("link", name=f"{button}-1").wait_for()
        for _ in range(2):
            market.goto(server.base_url)
            market.get_by_role("button", name="An hour on", exact=True).click()
        market.goto(aggregator.url.partition("#")[0])
        market.get_by_text("What the clearing decided").wait_for(timeout=30_000)
        assert market.locator("svg .sold").count() == 1
        order = market.locator("#order-takeAll")
        order.locator("summary").click()
        order.get_by_label("Reason").fill("no network on this server")
        with market.expect_response(re.compile("/market/")):  # it renews itself
            pass
        order.get_by_role("button", name="Yes, it takes all").click()
        final = aggregator.locator('[aria-label="The final trades: what is activated"]')
        final.wait_for(timeout=30_000)  # the aggregator's page, which nobody has touched
        assert "\u221210" in final.inner_text()
        assert [each.faults for each in windows.values()] == [[], [], []]
        windows["MO"].picture("MO-newcomer-1280-light")
    finally:
        for each in windows.values():
            each.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_one_decides_by_stands_on_a_telephones_screen(window: Any, scheme: str) -> None:
    operator = window("MO", width=390, scheme=scheme)
    operator.open("/people")
    page = operator.page
    table = page.get_by_role("table").first  # cards are a table still to who hears them
    assert table.get_by_role("columnheader").count() == 5
    table.locator("summary").first.click()
    for each in (*table.get_by_role("cell").all(), table.get_by_role("button").first):
        box = each.bounding_box()
        assert box is None or box["x"] + box["width"] <= 390, each.inner_text()
    operator.picture(f"MO-people-asked-390-{scheme}")
    operator.look(1280, scheme)
    heads = {each.bounding_box()["y"] for each in table.get_by_role("columnheader").all()}
    assert len(heads) == 1  # a table of columns, where there is room


def test_what_is_planned_does_not_hide_what_happens_and_a_new_session_is_seen(
    window: Any,
) -> None:
    operator = window("MO")
    operator.open("/market")
    page = operator.page
    states = [each.strip() for each in page.locator("tbody .tag").all_inner_texts()]
    assert "open" in states
    assert not {"active", "created", "outcome", "validated"} & set(states)
    fold = page.locator("#planned")
    assert fold.locator("tbody").is_visible() is False
    fold.locator("summary").click()
    with page.expect_response("**/market"):  # it is read anew while somebody looks
        pass
    page.wait_for_timeout(300)
    assert fold.locator("tbody tr").first.is_visible()
    form = page.locator('form:has(button:text("Create"))')
    form.locator("[name=day]").fill("2020-01-01")
    form.locator("button").click()
    assert page.get_by_role("alert").inner_text().startswith("It was not taken")
    assert form.locator("[name=day]").input_value() == "2020-01-01"
    form.locator("[name=day]").fill("2021-11-05")
    form.locator("button").click()
    page.wait_for_url(re.compile(r"/market/\w+$"))
    assert page.locator("h1").inner_text() == "Fri 5 Nov 2021, day ahead"


def test_hostile_content_is_shown_as_text(outside: Any, window: Any) -> None:
    session = outside.session_id(DAY_AHEAD)
    offered = outside.offer(playerServiceId=HOSTILE)
    assert outside.call("ACEAE", "POST", "/api/flexibilityService", offered).status_code == 201
    seen = window("ACEAE", locale="en-GB")
    for path in (
        f"/market/{session}",
        f"/market?text={HOSTILE}",
        f"/market?day=2021-10-31&status={HOSTILE}",
        f"/pods?text={HOSTILE}",
        f"/pods/{HOSTILE}",
        f"/market/{HOSTILE}",
        f"/market/{session}/offer?id={HOSTILE}&pods={HOSTILE}&p={HOSTILE}",
        f"/app?pod={HOSTILE}&day={HOSTILE}",
        f"/signed-in?code={HOSTILE}&state={HOSTILE}",
        f"/sign-in?then={HOSTILE}",
    ):
        seen.page.goto(outside.base_url + path)
        seen.page.wait_for_timeout(50)
        assert seen.page.locator('img[src="x"]').count() == 0, path
    seen.page.goto(f"{outside.base_url}/market/{session}")
    assert HOSTILE in seen.page.locator("main").inner_text()
    seen.page.get_by_role("link", name=HOSTILE).click()
    assert seen.page.locator("main .code").first.inner_text() == HOSTILE


def test_hostile_reasons_cases_and_browsers_are_shown_as_text(
    outside: Any, browser: Any, window: Any
) -> None:
    body = {"action": "extendGate", "reason": HOSTILE, "until": "2021-10-30T20:00:00Z"}
    session = outside.session_id({"marketType": "realTime", "startTime": "2021-10-30T22:00:00Z"})
    path = f"/api/marketSession/{session}/override"
    assert outside.call("MO", "POST", path, body).status_code == 200
    operator = window("MO")
    operator.open(f"/market/{session}")
    operator.page.locator("summary").first.click()
    assert HOSTILE in operator.page.locator("main").inner_text()
    auditor = window("AUDITOR")
    auditor.open("/account")
    auditor.page.locator('[name="case"]').fill(HOSTILE)
    auditor.page.get_by_role("button", name="Look into it").click()
    auditor.open("/market")
    assert HOSTILE in auditor.page.locator("header").inner_text()
    officer = window("DPO")
    officer.open("/accesses")
    assert HOSTILE in officer.page.locator("main").inner_text()
    context = browser.new_context(ignore_https_errors=True, user_agent=HOSTILE)
    strange = context.new_page()
    try:
        strange.goto(f"{outside.base_url}/sign-in")
        strange.locator('form:has(input[value="TSO"]) button').click()
        strange.wait_for_url(f"{outside.base_url}/")
        strange.goto(f"{outside.base_url}/account")
        assert HOSTILE in strange.locator("main").inner_text()
        assert strange.locator('img[src="x"]').count() == 0
    finally:
        context.close()


def test_hostile_content_in_files_is_no_formula(outside: Any) -> None:
    """A cell that a spreadsheet would calculate is told to be text, as REST does it."""
    formula = "=HYPERLINK(1)"
    offered = outside.offer(playerServiceId=formula)
    assert outside.call("ACEAE", "POST", "/api/flexibilityService", offered).status_code == 201
    visit = Visit(outside.base_url, outside.data)
    try:
        visit.sign_in("ACEAE")
        session = outside.session_id(DAY_AHEAD)
        table = visit.get(f"/market/{session}/services.csv").text
        assert re.search(rf"(^|,)'{re.escape(formula)}", table, re.MULTILINE)
    finally:
        visit.close()
