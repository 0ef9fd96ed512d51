"""After a customer's erasure the grid is calculated as before: its connection takes nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .test_erasure import CUSTOMER, POD, START, after_the_day, done

NETWORK = "italy-tor-di-valle"
PAST = "2021-06-22T22:00:00Z"
INDEX, TRADED_KW = 50, 207.6620935799721
"""The quarter-hour of the trade, and what the point of delivery takes by it: the published day."""
OPEN = {"marketType": "realTime", "startTime": "2021-06-24T02:00:00Z"}
TAKES_NOTHING = "counts as taking nothing, 0 kW: "


@pytest.fixture(scope="module")
def server(
    finished_day: Path, server_on: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    data = tmp_path_factory.mktemp("erased") / "data"
    running = server_on(shutil.copytree(finished_day / "data", data), START)
    try:
        yield running
    finally:
        running.close()


def asked(server: Any, path: str, question: Any) -> Any:
    answer = server.call("DSO", "POST", f"/api/dso/{path}", question)
    assert answer.status_code == 200, answer.text
    return answer.json()


def drawn_kw(run: Any, index: int) -> float:
    """All that is taken in a quarter-hour, without what the grid loses."""
    buses = run["results"][index]["buses"]
    return float(sum(bus["pKw"] for bus in buses if bus["id"] != "bus/CP-150"))


@pytest.fixture(scope="module")
def before_and_after(server: Any) -> tuple[Any, Any]:
    """The traded day's power flow before the erasure, and after it."""
    after_the_day(server)
    before = asked(server, "powerFlow", {"startTime": PAST})
    name = server.call(CUSTOMER, "POST", "/api/scd/erasures", {}).json()["id"]
    done(server, name)
    return before, asked(server, "powerFlow", {"startTime": PAST})


def test_only_what_was_erased_is_missing(before_and_after: tuple[Any, Any]) -> None:
    before, after = before_and_after
    gone_kw = drawn_kw(before, INDEX) - drawn_kw(after, INDEX)
    assert gone_kw == pytest.approx(TRADED_KW, abs=0.01)
    assert before["remarks"] == []
    (remark,) = after["remarks"]
    assert TAKES_NOTHING + POD in remark


@pytest.mark.usefixtures("before_and_after")
def test_every_calculation_of_a_past_day_says_so_and_is_made(server: Any) -> None:
    outages = asked(server, "outages", {"startTime": PAST})
    assert len(outages["outages"]) > 1
    assert TAKES_NOTHING + POD in outages["remarks"][0]
    for trades in ("true", "false"):
        for kind in ("picture", "heatMap"):
            asks = {"startTime": PAST, "format": "svg", "trades": trades}
            path = f"/api/dso/networks/{NETWORK}/{kind}"
            image = server.call("DSO", "GET", path, params=asks)
            assert image.status_code == 200, image.text
            assert TAKES_NOTHING + POD in image.text
    page = server.call(
        "DSO", "GET", f"/api/dso/networks/{NETWORK}/picture", params={"startTime": PAST}
    )
    assert "What it rests on" in page.text
    supposed = {"podId": POD, "index": INDEX, "powerKw": 100.0}
    what_if = asked(server, "powerFlow", {"startTime": PAST, "suppose": [supposed]})
    without = asked(server, "powerFlow", {"startTime": PAST})
    assert drawn_kw(what_if, INDEX) - drawn_kw(without, INDEX) == pytest.approx(100.0, abs=0.01)
    estimate = server.call(
        "DSO",
        "POST",
        "/api/dso/stateEstimation",
        {"timestamp": "2021-06-23T10:30:00Z", "gather": ["meter"]},
    )
    assert estimate.status_code == 201, estimate.text


@pytest.mark.usefixtures("before_and_after")
def test_who_is_registered_and_silent_is_still_waited_for(server: Any) -> None:
    """Of a day to come nobody has told a baseline: four are named, and not the erased one."""
    refused = server.call("DSO", "POST", "/api/dso/flexibilityRequest", OPEN)
    server.refuse(refused, 503, "pod-data-missing")
    assert POD not in refused.json()["withoutBaseline"]
    assert len(refused.json()["withoutBaseline"]) == 4
