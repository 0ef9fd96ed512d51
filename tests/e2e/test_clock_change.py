"""The whole real-time day when clocks are changed: every session is asked, offered, cleared and
validated through the product's own interfaces. Hours and quarter-hours are worked out by hand."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import platone.demo.italy

NETWORK = Path(platone.demo.italy.__file__).with_name("scenario") / "network.json"
# baseline, kW; most up and down, kW; contract and generation, kW
PODS = {
    "IT002E61899978": ("ACEAE", 2278.545, 0, 2000, 3000, 400),
    "IT002E60976796": ("ACEAE_2", 312.145, 100, 100, 1900, 0),
    "IT002E60974469": ("ACEAE", 2865.817, 1000, 2400, 6000, 0),
    "IT002E60499620": ("ACEAE_2", 10.092, 200, 0, 250, 0),
    "IT002E60550189": ("ACEAE", 70.38, 500, 0, 625, 0),
}
HEAVY, HEAVY_KW = "IT002E60974469", 4557.09
"""What overloads the feeder of Mostacciano (D3.6, 4.3), wherever its baseline is this high."""
CHEAP = "IT002E61899978"
DAYS = {
    # start of the day's sessions (UTC), hours of the first one, quarter-hours of the day
    "spring": (datetime(2021, 3, 27, 23, tzinfo=UTC), 3, 92),
    "autumn": (datetime(2021, 10, 30, 22, tzinfo=UTC), 5, 100),
}


def entry(pod: str, indices: list[int], customer: str | None = None) -> dict[str, Any]:
    owner, _, up, down, contract, generation = PODS[pod]
    wanted = [(-1000, 0.01)] if pod == CHEAP else [(-500, 0.03)] if pod == HEAVY else []
    return {
        "pod": {
            "podId": pod,
            "aggregatorId": owner,
            "zone": "CSUD",
            "pnP": contract,
            "inp": generation,
            "cosPhi": 0.9,
            "maxFlexibility": {"upperP": up, "downP": down},
            **({"customerId": customer} if customer else {}),
        },
        "preferences": [
            {"index": index, "changeKw": change, "priceEurPerKwh": price}
            for index in indices
            for change, price in wanted
        ],
    }


def prepare(
    server: Any,
    start: datetime,
    count: int,
    heavy: list[int],
    customer: tuple[str, str] = ("", ""),
) -> None:
    """Network, points of delivery with what may be offered, baselines, association."""
    path = "/api/dso/networks/italy-tor-di-valle"
    assert server.call("DSO", "PUT", path, NETWORK.read_bytes()).status_code < 300
    for party in ("ACEAE", "ACEAE_2"):
        mine = [pod for pod in PODS if PODS[pod][0] == party]
        portfolio = {
            "pods": [entry(pod, heavy, customer[1] if pod == customer[0] else None) for pod in mine]
        }
        series = [
            {
                "podId": pod,
                "startTime": start.isoformat(),
                "values": [
                    HEAVY_KW if pod == HEAVY and index in heavy else PODS[pod][1]
                    for index in range(count)
                ],
            }
            for pod in mine
        ]
        for name, body in (("pods", portfolio), ("baselines", {"series": series})):
            answer = server.call(party, "POST", f"/api/aggregator/{name}", body)
            assert {each["status"] for each in answer.json()["results"]} == {"accepted"}
    # what the aggregators passed on has arrived
    span = {
        "podId": list(PODS),
        "from": start.isoformat(),
        "to": (start + count * timedelta(minutes=15)).isoformat(),
    }
    server.wait(lambda: len(server.get("MO", "/api/scd/pods")["pods"]) == len(PODS))
    server.wait(
        lambda: len(server.get("MO", "/api/scd/baselines", params=span)["series"]) == len(PODS)
    )
    assert server.call("DSO", "POST", "/api/dso/podAssociation", {}).status_code == 200


def session_at(server: Any, start: datetime, *states: str) -> Any:
    """The real-time session that starts then, once it has come so far."""

    def found() -> Any:
        sessions = server.get("MO", "/api/marketSession?marketType=realTime")["sessions"]
        (session,) = [
            each for each in sessions if datetime.fromisoformat(each["startTime"]) == start
        ]
        return session if session["status"] in states else None

    return server.wait(found)


def trade(server: Any, start: datetime, hours: int, indices: list[int]) -> None:
    """One session from its gate's opening to its validated outcome."""
    reference = {"marketType": "realTime", "startTime": start.isoformat()}
    opens, closes = start - timedelta(hours=3), start - timedelta(hours=2)
    server.call("MO", "PUT", "/api/clock", {"now": opens.isoformat()}).raise_for_status()
    assert session_at(server, start, "active")["duration"] == hours

    answer = server.call("DSO", "POST", "/api/dso/flexibilityRequest", reference)
    assert answer.status_code == 200, answer.text
    asked = answer.json()
    assert asked["submission"]["status"] == "accepted"
    assert asked["request"]["duration"] == hours
    power = [point for group in asked["request"]["flexibility"] for point in group["power"]]
    assert sorted({point["index"] for point in power}) == indices

    answer = server.call("ACEAE", "POST", "/api/aggregator/offers", reference)
    assert answer.status_code == 200, answer.text
    assert [each["status"] for each in answer.json()["results"]] == ["accepted"] * 2
    server.call("MO", "PUT", "/api/clock", {"now": closes.isoformat()}).raise_for_status()

    session = session_at(server, start, "validated")
    outcome = server.get("MO", f"/api/validatedOutcome/{session['marketOutcome']}")
    assert outcome["duration"] == hours
    traded = {
        (pod["pod"], each["index"])
        for pod in outcome["flexibility"]
        for each in pod["power"]
        if each["acceptedPValue"] is not None
    }
    assert traded == {(pod, index) for pod in (CHEAP, HEAVY) for index in indices}


@pytest.mark.parametrize("season", DAYS)
def test_the_real_time_day(season: str, server_at: Callable[[datetime], Any]) -> None:
    midnight, first_hours, count = DAYS[season]
    lengths = [first_hours, 4, 4, 4, 4, 4]
    firsts = [4 * sum(lengths[:number]) for number in range(6)]
    # the first and the last quarter-hour of each session
    heavy = [[first, first + 4 * hours - 1] for first, hours in zip(firsts, lengths, strict=True)]
    server = server_at(midnight - timedelta(hours=12))
    prepare(server, midnight, count, [index for indices in heavy for index in indices])

    for first, hours, indices in zip(firsts, lengths, heavy, strict=True):
        trade(server, midnight + timedelta(hours=first / 4), hours, indices)
