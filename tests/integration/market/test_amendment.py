"""Requests and offers are amended and withdrawn until the gate closes, and keep their history."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from tests.integration.market.test_submission_refusal import POD, at, for_pod, offer

PATH = "/api/flexibilityService"
GATE_CLOSES = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
OTHER_POD = "IT002E61899978"
NAME = "ACEAE/IT002E60974469/dayAhead/2021-06-22T22:00:00.000Z"


def _offer(price: float, revision: int = 1, pod: str = POD, kw: float = 4057.09) -> dict[str, Any]:
    """An offer under a name with slashes, as the field has them."""
    return offer(
        for_pod(at(50, kw, price), pod=pod),
        playerServiceId=NAME,
        startTime="2021-06-22T22:00:00Z",
        revision=revision,
    )


SENT = [_offer(0.03), _offer(0.02, 3)]
"""Two versions of an offer, which a market takes one after the other."""


async def _send(desk: Any, message: dict[str, Any]) -> tuple[int, str]:
    answer = await desk.call("ACEAE", "POST", PATH, message)
    told = answer.json()
    return answer.status_code, told.get("status" if answer.status_code < 300 else "type")


async def _history(desk: Any, party: str = "ACEAE") -> list[tuple[int, str, float]]:
    versions = (await desk.get(party, f"{PATH}/{NAME}"))["versions"]
    return [
        (
            each["service"]["revision"],
            each["state"],
            each["service"]["flexibility"][0]["power"][0]["pPrice"],
        )
        for each in versions
    ]


async def test_the_highest_revision_counts(desk: Any) -> None:
    assert await _send(desk, _offer(0.03)) == (201, "accepted")
    assert await _send(desk, _offer(0.02, 3)) == (201, "accepted")
    assert await _send(desk, _offer(0.02, 3)) == (200, "alreadySubmitted")
    assert await _send(desk, _offer(0.03)) == (200, "alreadySubmitted")
    assert await _send(desk, _offer(0.01, 2)) == (409, "/problems/revision-outdated")
    assert await _send(desk, _offer(0.01, 3)) == (409, "/problems/duplicate-identifier")
    assert await _history(desk) == [(1, "replaced", 0.03), (3, "stands", 0.02)]

    await desk.tick(GATE_CLOSES)
    assert await _send(desk, _offer(0.005, 4)) == (409, "/problems/market-closed")
    assert await _send(desk, _offer(0.02, 3)) == (200, "alreadySubmitted")
    (session,) = (await desk.get("MO", "/api/marketSession?status=notTraded&marketType=dayAhead"))[
        "sessions"
    ]
    outcome = await desk.get("ACEAE", f"/api/marketOutcome/{session['id']}")
    (pod,) = outcome["flexibility"]
    assert [power["rejectionTypeP"] for power in pod["power"]] == ["noRequest"]


async def test_withdrawn_is_withdrawn_until_a_higher_revision(desk: Any) -> None:
    await _send(desk, _offer(0.03))
    for status in ("accepted", "alreadySubmitted"):
        answer = await desk.call("ACEAE", "DELETE", f"{PATH}/{NAME}")
        assert (answer.status_code, answer.json()) == (
            200,
            {"id": NAME, "status": status, "problem": None},
        )
    assert await _send(desk, _offer(0.03)) == (409, "/problems/service-withdrawn")
    assert await _send(desk, _offer(0.03, 2)) == (201, "accepted")
    assert await _history(desk) == [(1, "withdrawn", 0.03), (2, "stands", 0.03)]

    await desk.tick(GATE_CLOSES)
    late = await desk.call("ACEAE", "DELETE", f"{PATH}/{NAME}")
    assert (late.status_code, late.json()["type"]) == (409, "/problems/market-closed")


async def test_what_is_withdrawn_is_not_cleared(desk: Any) -> None:
    await _send(desk, _offer(0.03))
    await desk.call("ACEAE", "DELETE", f"{PATH}/{NAME}")
    await desk.tick(GATE_CLOSES)
    (session,) = (await desk.get("MO", "/api/marketSession?status=notTraded&marketType=dayAhead"))[
        "sessions"
    ]
    recording = await desk.get("MO", f"/api/marketSession/{session['id']}/recording")
    assert recording["flexibilityServices"] == []


async def test_what_an_earlier_revision_offered_is_free_again(desk: Any) -> None:
    await _send(desk, _offer(0.03))
    moved = _offer(0.03, 2, OTHER_POD, 1278.545)
    assert await _send(desk, moved) == (201, "accepted")
    other = offer(for_pod(at(50, 4057.09)), playerServiceId="other")
    assert (await desk.call("ACEAE", "POST", PATH, other)).status_code == 201
    back = await desk.call("ACEAE", "POST", PATH, _offer(0.03, 3))
    assert back.json()["type"] == "/problems/pod-already-offered"
    assert await _history(desk) == [(1, "replaced", 0.03), (2, "stands", 0.03)]


async def test_a_revision_is_for_the_same_session(desk: Any) -> None:
    await _send(desk, _offer(0.03))
    await desk.tick(datetime(2021, 6, 23, 7, 30, tzinfo=UTC))  # real time from noon is open
    elsewhere = _offer(0.02, 2) | {"marketType": "realTime", "startTime": "2021-06-23T10:00:00Z"}
    assert await _send(desk, elsewhere) == (409, "/problems/amendment-elsewhere")


async def test_others_neither_read_nor_withdraw_it(desk: Any) -> None:
    await _send(desk, _offer(0.03))
    for party in ("ACEAE_2", "DSO"):
        for method in ("GET", "DELETE"):
            answer = await desk.call(party, method, f"{PATH}/{NAME}")
            assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-service")
    assert await _history(desk, "MO") == [(1, "stands", 0.03)]


async def test_each_version_and_withdrawal_is_certified_once(desk: Any) -> None:
    await _send(desk, _offer(0.03))
    await _send(desk, _offer(0.02, 2))
    await desk.call("ACEAE", "DELETE", f"{PATH}/{NAME}")
    await desk.call("ACEAE", "DELETE", f"{PATH}/{NAME}")
    await desk.deliver()
    kinds = [each["kind"] for each in desk.others.certified().values()]
    assert sorted(kinds) == ["flexibilityService", "flexibilityService", "withdrawal"]


async def test_all_reasons_of_a_refusal_are_told_at_once(desk: Any) -> None:
    wrong = offer(
        for_pod(at(50, 4057.09, -0.5), at(51, 9e6)),
        for_pod(at(50, 1.0), pod="IT002E00000000"),
        for_pod(at(50, 1.0), pod="IT002E60976796"),
        duration=25,
    )
    answer = await desk.call("ACEAE", "POST", PATH, wrong)
    told = answer.json()
    types = [each["type"].removeprefix("/problems/") for each in told["errors"]]
    assert types == [
        "negative-price",
        "price-out-of-bounds",
        "wrong-duration",
        "unknown-pod",
        "service-not-allowed",
        "offer-outside-limits",
        "offer-outside-limits",
    ]
    assert (told["type"], told["status"], told["errorCount"]) == (
        "/problems/negative-price",
        422,
        len(types),
    )
    beyond = told["errors"][-2]
    assert (beyond["pod"], beyond["index"], beyond["p"]) == (POD, 51, 9e6)
    assert beyond["mostKw"] == 5557.09
    assert desk.records("SELECT * FROM service") == []


async def test_sessions_are_found_by_what_stands_in_them(desk: Any) -> None:
    """By name and party of an offer, in any letters; whose offer it is not finds nothing by it."""
    await _send(desk, _offer(0.03))

    async def found(party: str, text: str) -> list[str]:
        query = {"text": text, "marketType": "dayAhead"}
        page = await desk.get(party, f"/api/marketSession?{urlencode(query)}")
        return [each["startTime"] for each in page["sessions"]]

    day = ["2021-06-22T22:00:00Z"]
    for text in (NAME, "aceae/it002e60974469", "ACEAE"):
        assert await found("ACEAE", text) == await found("MO", text) == day
        assert await found("ACEAE_2", text) == await found("DSO", text) == []
    for text in ("ACE%469", "ACEA_", "%/%"):  # no signs of the database's
        assert await found("MO", text) == []
    assert day[0] in await found("DSO", "ACTIVE")
    (of_day,) = [
        each["id"]
        for each in (await desk.get("MO", "/api/marketSession"))["sessions"]
        if each["startTime"] == day[0] and each["marketType"] == "dayAhead"
    ]
    assert await found("DSO", of_day.upper()) == day
    answer = await desk.call("ACEAE", "DELETE", f"{PATH}/{NAME}")
    assert answer.status_code < 300
    assert await found("MO", NAME) == []  # it was withdrawn
