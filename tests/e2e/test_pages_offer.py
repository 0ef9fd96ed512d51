"""An aggregator chooses from its portfolio what it offers; the Enter key does what is expected."""

from collections.abc import Iterator
from typing import Any

import pytest

from .browser import Window, running_browser
from .conftest import BASELINE_KW, DAY_AHEAD, PODS, ROOM_KW, Outside, furnished


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """A server of these tests' own: on the one that is shared, others offer all day long."""
    with furnished(tmp_path_factory.mktemp("offer") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as found:
        yield found


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def aggregator(request: pytest.FixtureRequest, outside: Any, browser: Any) -> Iterator[Any]:
    """A window in which an aggregator has the form of an offer open, with and without script."""
    window = Window(browser, outside.base_url, java_script=request.param)
    try:
        window.sign_in("ACEAE")
        window.open(f"/market/{outside.session_id(DAY_AHEAD)}/offer")
        yield window
        assert (window.faults, window.foreign) == ([], [])
    finally:
        window.close()


def _withdraw(within: Any) -> None:
    """Withdraw by two presses: the first one asks only."""
    within.locator("summary", has_text="Withdraw").click()
    within.get_by_role("button", name="Yes, withdraw it").click()


def _fill(page: Any, name: str, **changed: str) -> None:
    typed = {"from": "20:30", "to": "21:00", "p": "270", "price": "0.07"} | changed
    for field, value in {"id": name, **typed}.items():
        page.locator(f'main [name="{field}"]').fill(value)


def _versions(outside: Any, name: str) -> Any:
    return outside.get("ACEAE", f"/api/flexibilityService/{name}")["versions"]


def _is_there(outside: Any, name: str) -> bool:
    return bool(outside.call("ACEAE", "GET", f"/api/flexibilityService/{name}").status_code == 200)


def test_an_offer_is_chosen_amended_and_withdrawn_in_one_place(
    request: pytest.FixtureRequest, outside: Any, aggregator: Any
) -> None:
    page, name = aggregator.page, f"chosen-{request.node.callspec.id}"
    choice = page.get_by_role("group", name="Not marked")
    first = choice.locator("label", has_text=PODS[0]).inner_text()
    assert f"{BASELINE_KW:.0f}" in first
    assert f"fall by {ROOM_KW:.0f}" in first
    assert "0.1\u202fkW at least" in page.locator("#product").inner_text()
    page.get_by_label("Search").fill(PODS[2][-3:])
    page.get_by_role("button", name="Find").click()
    assert choice.locator("label").count() == 1
    page.get_by_label(PODS[2]).check()
    _fill(page, name, p="much")
    page.get_by_role("button", name="Offer", exact=True).click()
    assert "Total power is no number." in page.get_by_role("alert").inner_text()
    assert page.get_by_role("group", name="Marked", exact=True).locator(":checked").count() == 1
    _fill(page, name, p="90")
    page.get_by_role("button", name="Show the baseline").click()
    assert "\u221210" in page.locator("#outlook tbody").inner_text()
    page.get_by_role("button", name="Offer", exact=True).click()
    page.wait_for_url("**#services")
    aggregator.open(f"/market/{outside.session_id(DAY_AHEAD)}/offer")
    label = page.get_by_role("group", name="Not marked").locator("label", has_text=PODS[2])
    assert "offered" in label.inner_text()
    row = page.get_by_role("region", name="Offered already").locator("tr", has_text=name)
    row.get_by_role("link", name="Amend").click()
    assert page.locator('main [name="from"]').input_value() == "20:30"
    page.locator('main [name="price"]').fill("0.06")
    page.get_by_role("button", name="Offer", exact=True).click()
    page.wait_for_url("**#services")
    aggregator.open(f"/market/{outside.session_id(DAY_AHEAD)}/offer")
    _withdraw(row)
    page.locator("main h1").wait_for()
    assert row.count() == 0
    states = [(each["state"], each["service"]["revision"]) for each in _versions(outside, name)]
    assert states == [("replaced", 1), ("withdrawn", 2)]


def test_a_whole_portfolio_is_offered_at_once(
    request: pytest.FixtureRequest, outside: Any, aggregator: Any
) -> None:
    page, name = aggregator.page, f"whole-{request.node.callspec.id}"
    page.get_by_label(f"My whole portfolio, all {len(PODS)} together").check()
    _fill(page, name)
    page.get_by_role("button", name="Show the baseline").click()
    assert "\u221230" in page.locator("#outlook tbody").inner_text()  # of 300 kW together
    page.get_by_role("button", name="Offer", exact=True).click()
    page.wait_for_url("**#services")
    (version,) = _versions(outside, name)
    assert version["service"]["offered"][0]["pod"] == list(PODS)
    parts = {each["pod"][0]: each["power"][0]["p"] for each in version["service"]["flexibility"]}
    assert parts == dict.fromkeys(PODS, 90.0)  # each may be moved as far, so all move alike
    aggregator.open(f"/service/{name}")
    page.get_by_role("link", name="Amend").click()
    assert page.get_by_label("My whole portfolio").is_checked()
    aggregator.open(f"/service/{name}")
    _withdraw(page)


def test_enter_in_the_search_searches_and_sends_nothing(
    request: pytest.FixtureRequest, outside: Any, aggregator: Any
) -> None:
    page, name = aggregator.page, f"searched-{request.node.callspec.id}"
    page.get_by_label(PODS[0]).check()
    _fill(page, name, p="90")
    page.get_by_label("Search").fill(PODS[2][-3:])
    page.get_by_label("Search").press("Enter")
    page.get_by_text("1 found").wait_for()
    assert page.get_by_role("group", name="Marked", exact=True).locator("label").count() == 1
    assert page.locator('main [name="price"]').input_value() == "0.07"
    assert not _is_there(outside, name)


def test_enter_in_another_field_sends_the_form(
    request: pytest.FixtureRequest, outside: Any, aggregator: Any
) -> None:
    page, name = aggregator.page, f"entered-{request.node.callspec.id}"
    page.locator('main [name="price"]').press("Enter")
    told = page.get_by_role("alert").inner_text()
    assert "Total power is no number." in told  # it is the offer that was sent
    page.get_by_label(PODS[0]).check()
    _fill(page, name, p="90")
    page.locator('main [name="price"]').press("Enter")
    page.wait_for_url("**#services")
    assert _is_there(outside, name)
    aggregator.open(f"/service/{name}")
    _withdraw(page)


def test_enter_twice_in_the_search_sends_nothing(outside: Any, browser: Any) -> None:
    window = Window(browser, outside.base_url)
    try:
        window.sign_in("ACEAE")
        window.open(f"/market/{outside.session_id(DAY_AHEAD)}/offer")
        window.page.get_by_label(PODS[0]).check()
        _fill(window.page, "twice", p="90")
        window.page.get_by_label("Search").fill(PODS[2][-3:])
        for _ in range(2):
            window.page.get_by_label("Search").press("Enter")
            window.page.get_by_text("1 found").wait_for()
        assert not _is_there(outside, "twice")
    finally:
        window.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_form_fits_and_can_be_heard(
    outside: Any, browser: Any, width: int, scheme: str
) -> None:
    body = outside.offer(playerServiceId=f"seen-{width}-{scheme}")
    assert outside.call("ACEAE", "POST", "/api/flexibilityService", body).status_code < 300
    window = Window(browser, outside.base_url, width=width, scheme=scheme)
    try:
        window.sign_in("ACEAE")
        pods = "%2C".join(PODS[:2])
        window.open(
            f"/market/{outside.session_id(DAY_AHEAD)}/offer?pods={pods}&from=20:30&to=21:00&p=170"
        )
        window.picture(f"ACEAE-offer-{width}-{scheme}")
        assert window.violations() == []
        assert list(window.too_wide(width, "the form of an offer")) == []
        assert window.sticking_out() == []
    finally:
        window.close()
