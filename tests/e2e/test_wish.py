"""A household's wish over a real market: hand-made offers keep to it, or are taken back."""

from collections.abc import Iterator
from typing import Any

import pytest

from .browser import Window, picture_name, running_browser
from .conftest import BASELINE_KW, DAY_AHEAD, Outside, furnished, pod

CUSTOMER, POD, DAY = "CUSTOMER-1", "IT001E00000004", "2021-10-31"
AGREED = [{"index": index, "changeKw": -20, "priceEurPerKwh": 0.07} for index in (50, 51)]
HAND = "/api/aggregator/handOffers"
SAID = {"podId": POD, "day": DAY}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """A server on which a household agreed to take 20 kW less for 0.07 EUR/kWh or more."""
    with furnished(tmp_path_factory.mktemp("wish") / "data") as running:
        entry = {"pod": pod(POD, customerId=CUSTOMER), "preferences": AGREED}
        told = running.call("ACEAE", "POST", "/api/aggregator/pods", {"pods": [entry]})
        assert told.status_code == 200, told.text
        series = {
            "podId": POD,
            "startTime": DAY_AHEAD["startTime"],
            "values": [BASELINE_KW] * 100,
        }
        told = running.call("ACEAE", "POST", "/api/aggregator/baselines", {"series": [series]})
        assert told.status_code == 200, told.text
        probe = running.offer(pod=POD, index=99)
        path = "/api/flexibilityService"  # the market learns of it a moment later
        running.wait(lambda: running.call("ACEAE", "POST", path, probe).status_code < 300)
        name = probe["playerServiceId"]
        assert running.call("ACEAE", "DELETE", f"{path}/{name}").status_code == 200
        yield running


def made(server: Outside, name: str, index: int, price: float = 0.07, **changes: Any) -> Any:
    body = server.offer(
        pod=POD, playerServiceId=name, index=index, p=BASELINE_KW - 20, pPrice=price, **changes
    )
    return server.call("ACEAE", "POST", HAND, body)


def offered(server: Outside) -> dict[str, list[int]]:
    """The quarter-hours that the market holds offered of the household, by offer."""
    path = f"/api/marketSession/{server.session_id(DAY_AHEAD)}/services"
    return {
        service["playerServiceId"]: [point["index"] for point in entry["power"]]
        for service in server.get("ACEAE", path)["flexibilityServices"]
        for entry in service["flexibility"]
        if entry["pod"] == [POD]
    }


def says(server: Outside, **wish: Any) -> None:
    answer = server.call(CUSTOMER, "PUT", "/api/aggregator/preferences", SAID | wish)
    assert answer.status_code < 300, answer.text


def test_the_market_holds_no_offer_against_a_wish(server: Outside) -> None:
    server.refuse(made(server, "cheap", 50, price=0.05), 422, "wish-not-kept")
    assert made(server, "good", 50).status_code == 201
    amended = made(server, "good", 50, price=0.05, revision=2)
    server.refuse(amended, 422, "wish-not-kept")
    assert made(server, "later", 51).status_code == 201
    assert offered(server) == {"good": [50], "later": [51]}

    says(server, hours=[{"firstIndex": 51, "endIndex": 60}])
    assert offered(server) == {"later": [51]}
    server.refuse(made(server, "again", 50), 422, "wish-not-kept")

    says(server, available=False)
    assert offered(server) == {}

    says(server, available=True)
    assert made(server, "anew", 50).status_code == 201
    assert offered(server) == {"anew": [50]}
    says(server, available=False)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as found:
        yield found


@pytest.mark.parametrize(
    ("party", "path", "told"),
    [
        ("ACEAE", "/portfolio/tomorrow?day=2021-10-31", "its customer keeps this day"),
        ("ACEAE", "/market/{session}/offer", "its customer keeps this day"),
        (CUSTOMER, "/app", "nothing of yours is offered"),
    ],
    ids=["tomorrow", "offer", "app"],
)
def test_the_pages_of_both_tell_the_wish(
    server: Outside, browser: Any, party: str, path: str, told: str
) -> None:
    says(server, available=False)
    window = Window(browser, server.base_url)
    try:
        window.sign_in(party)
        window.open(path.format(session=server.session_id(DAY_AHEAD)))
        assert told in window.page.locator("main").inner_text()
        for width in (1280, 390):
            for scheme in ("light", "dark"):
                window.look(width, scheme)
                window.picture(picture_name("wish", path, width, scheme))
        assert (window.faults, window.foreign) == ([], [])
    finally:
        window.close()
