"""What the market is sent and must not take."""

from datetime import datetime
from typing import Any

import pytest

SERVICE = "/api/flexibilityService"
CLOSED = {"marketType": "realTime", "startTime": "2021-10-30T10:00:00Z"}
NOT_YET = {"marketType": "realTime", "startTime": "2021-10-30T18:00:00Z"}
"""Sessions that deliver from 12 and from 20 o'clock in Rome; it is 13:05."""
ONE, TWO, THREE = "IT001E00000001", "IT001E00000002", "IT001E00000003"
DISCRETE, WITHOUT_BASELINE = "IT001E00000004", "IT001E00000005"


def request(sender: str = "DSO", **changes: Any) -> dict[str, Any]:
    return {
        "playerId": sender,
        "serviceType": f"{sender}_request",
        "playerServiceId": f"{sender}-1",
        "marketType": "dayAhead",
        "flexibility": [{"pod": [ONE], "power": [{"index": 1, "p": 90, "pPrice": 0.1}]}],
    } | changes


def point(index: int = 2) -> dict[str, Any]:
    return {"index": index, "p": 95, "pPrice": 0.1}


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"pod": "IT001E99999999"}, "unknown-pod"),
        ({"p": 140.001}, "offer-outside-limits"),
        ({"p": 59.999}, "offer-outside-limits"),
        ({"p": -1e6}, "offer-outside-limits"),
        ({"pPrice": -0.01}, "negative-price"),
        ({"duration": 24}, "wrong-duration"),
        ({"duration": 23}, "wrong-duration"),
        ({"marketType": None}, "market-type-missing"),
        ({"flexibility": [{"pod": [ONE], "power": [point(), point()]}]}, "duplicate-index"),
        ({"flexibility": [{"pod": [TWO, THREE], "power": [point(50)]}]}, "offer-outside-limits"),
        ({"flexibility": [{"pom": "CP-NOWHERE", "power": [point()]}]}, "unknown-pom"),
        ({"flexibility": [{"pom": "CP-1", "pod": [ONE], "power": [point()]}]}, "pods-or-pom"),
        ({"index": 100}, "malformed-message"),
        ({"index": -1}, "malformed-message"),
        ({"index": 1.5}, "malformed-message"),
        ({"p": "90"}, "malformed-message"),
        ({"p": 1e8}, "malformed-message"),
        ({"interval": 30}, "malformed-message"),
        ({"startTime": "2021-10-31T00:00:00"}, "malformed-message"),
        ({"playerServiceId": "two words"}, "malformed-message"),
        ({"playerServiceId": "x" * 201}, "malformed-message"),
        ({"serviceType": "bid"}, "malformed-message"),
        ({"flexibility": []}, "malformed-message"),
        ({"surplus": 1}, "malformed-message"),
    ],
)
def test_bad_offer(outside: Any, changes: dict[str, Any], slug: str) -> None:
    bad = outside.offer(**changes)
    problem = outside.bad(("ACEAE", "POST", SERVICE, bad), 422, slug)
    if slug == "offer-outside-limits":
        assert (problem["leastKw"], problem["mostKw"]) == (60, 140)
    if slug == "wrong-duration":
        assert problem["expectedHours"] == 25


@pytest.mark.parametrize(
    ("sender", "changes", "slug"),
    [
        ("DSO", {"flexibility": [{"pod": ["IT001E99999999"], "power": [point()]}]}, "unknown-pod"),
        ("TSO", {"flexibility": [{"pom": "CP-NOWHERE", "power": [point()]}]}, "unknown-pom"),
        ("TSO", {"flexibility": [{"power": [point()]}]}, "pods-or-pom"),
        (
            "TSO",
            {"flexibility": [{"pod": [ONE], "pom": "CP-1", "power": [point()]}]},
            "pods-or-pom",
        ),
        ("DSO", {"flexibility": [{"pod": [ONE, ONE], "power": [point()]}]}, "duplicate-pod"),
    ],
)
def test_bad_request(outside: Any, sender: str, changes: dict[str, Any], slug: str) -> None:
    outside.bad((sender, "POST", SERVICE, request(sender, **changes)), 422, slug)


@pytest.mark.parametrize(
    ("caller", "body", "slug"),
    [
        ("ACEAE", request("DSO"), "service-not-allowed"),
        ("ACEAE", request("DSO", playerId="ACEAE"), "service-not-allowed"),
        ("TSO", request("DSO", playerId="TSO"), "service-not-allowed"),
        ("DSO", request("TSO", playerId="DSO"), "service-not-allowed"),
        ("DSO", request("DSO", serviceType="offer"), "service-not-allowed"),
        ("CUSTOMER-1", request("DSO"), "role-missing"),
        ("MO", request("DSO"), "role-missing"),
        ("MDA", request("DSO"), "role-missing"),
        ("AUDITOR", request("DSO"), "role-missing"),
    ],
)
def test_request_of_the_wrong_role(outside: Any, caller: str, body: Any, slug: str) -> None:
    outside.bad((caller, "POST", SERVICE, body), 403, slug)


def test_offer_of_another_aggregators_pod(outside: Any) -> None:
    foreign = outside.offer(playerId="ACEAE_2")
    outside.bad(("ACEAE_2", "POST", SERVICE, foreign), 403, "service-not-allowed")
    in_its_name = outside.offer()
    outside.bad(("ACEAE_2", "POST", SERVICE, in_its_name), 403, "service-not-allowed")


def test_session_that_is_not_open_yet(outside: Any) -> None:
    early = outside.offer(index=85, **NOT_YET)
    problem = outside.bad(("ACEAE", "POST", SERVICE, early), 425, "market-not-yet-open")
    assert datetime.fromisoformat(problem["gateOpens"]).hour == 15  # UTC


def test_session_that_is_closed(outside: Any) -> None:
    late = outside.offer(index=50, **CLOSED)
    outside.bad(("ACEAE", "POST", SERVICE, late), 409, "market-closed")
    again = f"/api/marketSession/{outside.session_id(CLOSED)}/override"
    order = {"action": "close", "reason": "To see."}
    outside.bad(("MO", "POST", again, order), 409, "session-state")


def test_session_that_is_not_there(outside: Any) -> None:
    past = outside.offer(startTime="2021-10-28T22:00:00Z")
    outside.bad(("ACEAE", "POST", SERVICE, past), 404, "unknown-session")
    odd = outside.offer(startTime="2021-10-30T22:15:00Z")
    outside.bad(("ACEAE", "POST", SERVICE, odd), 404, "unknown-session")
    for start in ("2021-10-30T08:00:00Z", "2021-10-30T22:15:00Z"):
        wanted = {"marketType": "realTime", "startTime": start}
        outside.bad(("MO", "POST", "/api/marketSession", wanted), 422, "session-off-calendar")
    for path in ("/api/marketSession/none", "/api/marketSession/none/services"):
        outside.refuse(outside.call("MO", "GET", path), 404, "unknown-session")


def test_duplicate(outside: Any) -> None:
    offer = outside.offer()
    assert outside.call("ACEAE", "POST", SERVICE, offer).status_code == 201
    before = outside.state()
    again = outside.call("ACEAE", "POST", SERVICE, offer)
    assert (again.status_code, again.json()["status"]) == (200, "alreadySubmitted")
    assert outside.state() == before
    other = offer | {"flexibility": [{"pod": [ONE], "power": [point(3)]}]}
    outside.bad(("ACEAE", "POST", SERVICE, other), 409, "duplicate-identifier")


def test_second_offer_for_the_same_quarter_hour(outside: Any) -> None:
    offer = outside.offer()
    assert outside.call("ACEAE", "POST", SERVICE, offer).status_code == 201
    second = offer | {"playerServiceId": "second"}
    outside.bad(("ACEAE", "POST", SERVICE, second), 409, "pod-already-offered")


def test_pods_that_cannot_be_offered(outside: Any) -> None:
    for name, kind in ((DISCRETE, "discrete"), (WITHOUT_BASELINE, "continue")):
        told = {"podId": name, "aggregatorId": "ACEAE", "flexibilityType": kind}
        assert outside.call("ACEAE", "POST", "/api/scd/pods", told).status_code in {200, 201}
    series = {"podId": DISCRETE, "startTime": "2021-10-30T22:00:00Z", "values": [100.0] * 100}
    outside.call("ACEAE", "POST", "/api/scd/baselines", {"series": [series]})
    for name, slug in ((DISCRETE, "not-divisible"), (WITHOUT_BASELINE, "baseline-missing")):
        bad = outside.offer(pod=name)

        def told_of_pod(bad: Any = bad) -> bool:
            answer = outside.call("ACEAE", "POST", SERVICE, bad)
            return bool(answer.json()["type"] != "/problems/unknown-pod")

        outside.wait(told_of_pod)
        outside.bad(("ACEAE", "POST", SERVICE, bad), 422, slug)


def test_technical_outcome_that_nobody_asked_for(outside: Any) -> None:
    answer = {
        "marketType": "dayAhead",
        "duration": 25,
        "interval": 15,
        "startTime": "2021-10-30T22:00:00Z",
        "marketOutcome": "none",
        "flexibility": [],
    }
    path = "/api/technicalOutcome"
    outside.bad(("DSO", "POST", path, answer), 404, "unknown-outcome")
    outside.bad(("TSO", "POST", path, answer), 403, "service-not-allowed")
    outside.bad(("ACEAE", "POST", path, answer), 403, "role-missing")
    outside.refuse(outside.call("DSO", "GET", "/api/marketOutcome/none"), 404, "unknown-outcome")


def test_topic_of_another_party(outside: Any) -> None:
    for party, topic in (("ACEAE_2", "validated_outcome_ACEAE"), ("TSO", "validated_outcome_DSO")):
        answer = outside.call(party, "GET", f"/api/topics/{topic}")
        outside.refuse(answer, 403, "topic-not-yours")


def test_parameters_that_cannot_be_read(outside: Any) -> None:
    for query in ("from=yesterday", "marketType=weekly", "status=odd"):
        answer = outside.call("MO", "GET", f"/api/marketSession?{query}")
        outside.refuse(answer, 422, "market-query-malformed")
    outside.bad(("MO", "GET", "/api/marketSession?limit=many"), 422, "malformed-message")
    for query in ("after=x", "after=1e999"):
        answer = outside.call("DSO", "GET", f"/api/topics/validated_outcome_DSO?{query}")
        outside.refuse(answer, 422, "market-query-malformed")
