"""Each way in which a request or offer can be wrong, and that nothing of it is stored then."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

POD = "IT002E60974469"
OTHERS_POD = "IT002E60976796"
BASELINE_KW = 4557.09


def offer(*entries: dict[str, Any], **more: object) -> dict[str, Any]:
    return {
        "marketType": "dayAhead",
        "playerId": "ACEAE",
        "serviceType": "offer",
        "playerServiceId": "offer-1",
        "flexibility": list(entries),
    } | more


def at(index: int, total_kw: float = 4057.09, price: float = 0.03) -> dict[str, Any]:
    return {"index": index, "p": total_kw, "pPrice": price}


def for_pod(*power: dict[str, Any], pod: object = POD) -> dict[str, Any]:
    return {"pod": [pod] if isinstance(pod, str) else pod, "power": list(power)}


def request(kind: str, *entries: dict[str, Any], **more: object) -> dict[str, Any]:
    return offer(*entries, serviceType=kind, playerId=kind[:3], playerServiceId="request-1") | more


REFUSED: list[tuple[str, str, dict[str, Any], int]] = [
    ("unknown-pod", "ACEAE", offer(for_pod(at(50), pod="IT002E00000000")), 422),
    ("unknown-pom", "TSO", request("TSO_request", {"pom": "NOWHERE", "power": [at(50)]}), 422),
    ("index-outside-session", "ACEAE", offer(for_pod(at(96))), 422),
    ("wrong-duration", "ACEAE", offer(for_pod(at(50)), duration=25), 422),
    ("offer-outside-limits", "ACEAE", offer(for_pod(at(50, BASELINE_KW - 2401))), 422),
    ("offer-outside-limits", "ACEAE", offer(for_pod(at(50, BASELINE_KW + 1001))), 422),
    ("service-not-allowed", "TSO", request("DSO_request", for_pod(at(50)), playerId="TSO"), 403),
    ("service-not-allowed", "DSO", request("TSO_request", for_pod(at(50)), playerId="DSO"), 403),
    ("service-not-allowed", "DSO", offer(for_pod(at(50)), playerId="DSO"), 403),
    ("service-not-allowed", "ACEAE_2", offer(for_pod(at(50))), 403),
    ("service-not-allowed", "ACEAE", offer(for_pod(at(50), pod=OTHERS_POD)), 403),
    ("role-missing", "CUSTOMER-1", offer(for_pod(at(50)), playerId="CUSTOMER-1"), 403),
    ("role-missing", "MO", offer(for_pod(at(50)), playerId="MO"), 403),
    ("service-not-allowed", "ACEAE", offer(for_pod(at(50), pod=[POD, OTHERS_POD])), 403),
    ("unknown-pom", "ACEAE", offer({"pom": "CP-NOWHERE", "power": [at(50)]}), 422),
    ("pods-or-pom", "ACEAE", offer({"power": [at(50)]}), 422),
    ("pods-or-pom", "DSO", request("DSO_request", {"power": [at(50)]}), 422),
    (
        "pods-or-pom",
        "DSO",
        request("DSO_request", for_pod(at(50)) | {"pom": "CP-IRLANDESE"}),
        422,
    ),
    ("duplicate-pod", "DSO", request("DSO_request", for_pod(at(50), pod=[POD, POD])), 422),
    ("duplicate-index", "ACEAE", offer(for_pod(at(50), at(50))), 422),
    ("duplicate-index", "ACEAE", offer(for_pod(at(50)), for_pod(at(50))), 422),
    ("negative-price", "ACEAE", offer(for_pod(at(50, price=-0.01))), 422),
    ("offers-nothing", "ACEAE", offer(for_pod(at(50, BASELINE_KW))), 422),
    ("volume-below-least", "ACEAE", offer(for_pod(at(50, BASELINE_KW - 0.000_001))), 422),
    ("price-off-tick", "ACEAE", offer(for_pod(at(50, price=0.000_000_1))), 422),
    ("market-type-missing", "ACEAE", offer(for_pod(at(50)), marketType=None), 422),
    ("unknown-session", "ACEAE", offer(for_pod(at(50)), startTime="2021-06-22T21:00:00Z"), 404),
    ("market-not-yet-open", "ACEAE", offer(for_pod(at(50)), startTime="2021-06-23T22:00:00Z"), 425),
    ("market-closed", "ACEAE", offer(for_pod(at(50)), marketType="realTime"), 409),
    ("malformed-message", "ACEAE", offer(for_pod(at(50, price=float("nan")))), 422),
    ("malformed-message", "ACEAE", offer(for_pod(at(50)), surprise=1), 422),
]


async def test_refused_with_a_documented_problem_and_nothing_stored(desk: Any) -> None:
    for slug, party, message, status in REFUSED:
        answer = await desk.call(party, "POST", "/api/flexibilityService", message)

        assert answer.json()["type"] == f"/problems/{slug}", answer.text
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert (await desk.call("MO", "GET", f"/problems/{slug}")).status_code == 200
    for table in ("service", "offered", "session_pod", "day_baseline"):
        assert desk.records(f"SELECT * FROM {table}") == []  # noqa: S608 - our own names


async def test_authorisation_comes_before_the_body(desk: Any) -> None:
    answer = await desk.call("CUSTOMER-1", "POST", "/api/flexibilityService", {"nonsense": 1})
    assert answer.status_code == 403


async def test_baseline_missing(desk: Any) -> None:
    del desk.others.baselines[POD]
    answer = await desk.call("ACEAE", "POST", "/api/flexibilityService", offer(for_pod(at(50))))
    assert answer.json()["type"] == "/problems/baseline-missing"
    assert answer.json()["pods"] == [POD]


async def test_discrete_pod(desk: Any, register: Callable[..., Any]) -> None:
    await register("IT002E1", flexibilityType="discrete")
    desk.others.baselines["IT002E1"] = [1.0] * 96
    answer = await desk.call(
        "ACEAE", "POST", "/api/flexibilityService", offer(for_pod(at(50, 1.0), pod="IT002E1"))
    )
    assert answer.json()["type"] == "/problems/not-divisible"


async def test_typical_baseline_of_the_registration_counts_where_the_day_has_none(
    desk: Any, register: Callable[..., Any]
) -> None:
    await register("IT002E1", down=5, powerBaselineCurves=[10.0] * 96)
    await register("IT002E2", down=5, powerBaselineCurves=[10.0] * 92)
    taken = await desk.call(
        "ACEAE", "POST", "/api/flexibilityService", offer(for_pod(at(50, 6.0), pod="IT002E1"))
    )
    missing = await desk.call(
        "ACEAE",
        "POST",
        "/api/flexibilityService",
        offer(for_pod(at(50, 6.0), pod="IT002E2"), playerServiceId="offer-2"),
    )
    assert taken.status_code == 201
    assert missing.json()["type"] == "/problems/baseline-missing"


async def test_the_same_again_and_something_else_under_the_same_name(desk: Any) -> None:
    message = offer(for_pod(at(50)))
    first = await desk.call("ACEAE", "POST", "/api/flexibilityService", message)
    again = await desk.call("ACEAE", "POST", "/api/flexibilityService", message)
    other = await desk.call(
        "ACEAE", "POST", "/api/flexibilityService", offer(for_pod(at(50, 4058)))
    )

    assert (first.status_code, first.json()["status"]) == (201, "accepted")
    assert (again.status_code, again.json()["status"]) == (200, "alreadySubmitted")
    assert (other.status_code, other.json()["type"]) == (409, "/problems/duplicate-identifier")

    await desk.tick(datetime(2021, 6, 22, 13, 30, tzinfo=UTC))  # 15:30 in Rome: closed
    late = await desk.call("ACEAE", "POST", "/api/flexibilityService", message)
    assert late.json()["status"] == "alreadySubmitted"
    new = offer(for_pod(at(51)), playerServiceId="offer-2", startTime="2021-06-22T22:00:00Z")
    closed = await desk.call("ACEAE", "POST", "/api/flexibilityService", new)
    assert (closed.status_code, closed.json()["type"]) == (409, "/problems/market-closed")


async def test_one_offer_for_a_pod_and_quarter_hour(desk: Any) -> None:
    await desk.call("ACEAE", "POST", "/api/flexibilityService", offer(for_pod(at(50))))
    second = offer(for_pod(at(50), at(51)), playerServiceId="offer-2")
    refused = await desk.call("ACEAE", "POST", "/api/flexibilityService", second)
    assert refused.json()["type"] == "/problems/pod-already-offered"
    third = offer(for_pod(at(51)), playerServiceId="offer-3")
    taken = await desk.call("ACEAE", "POST", "/api/flexibilityService", third)
    assert taken.status_code == 201


async def test_names_belong_to_the_party_that_gave_them(desk: Any) -> None:
    mine = await desk.call("ACEAE", "POST", "/api/flexibilityService", offer(for_pod(at(50))))
    theirs = offer(for_pod(at(50, 300.0), pod=OTHERS_POD), playerId="ACEAE_2")
    other = await desk.call("ACEAE_2", "POST", "/api/flexibilityService", theirs)
    assert (mine.status_code, other.status_code) == (201, 201)

    (session,) = (await desk.get("MO", "/api/marketSession?status=active"))["sessions"]
    path = f"/api/marketSession/{session['id']}/services"
    for party, seen in (("ACEAE", 1), ("ACEAE_2", 1), ("DSO", 0), ("MO", 2), ("AUDITOR", 2)):
        assert len((await desk.get(party, path))["flexibilityServices"]) == seen


async def test_registry_is_idempotent_and_opens_each_wallet_once(
    desk: Any, register: Callable[..., Any]
) -> None:
    first = await register("IT002E1")
    again = await register("IT002E1")
    moved = await register("IT002E1", poMId="CP-2")
    gone = await register("IT002E1", actionType="delete")
    await desk.deliver()

    assert [each.status_code for each in (first, again, moved, gone)] == [201, 200, 201, 201]
    assert again.json()["results"][0]["status"] == "alreadySubmitted"
    assert len(desk.others.bodies("PUT /api/contracts/wallets/IT002E1")) == 1
    assert len(desk.others.bodies(f"PUT /api/contracts/wallets/{POD}")) == 1
    refused = await desk.call(
        "ACEAE", "POST", "/api/flexibilityService", offer(for_pod(at(50), pod="IT002E1"))
    )
    assert refused.json()["type"] == "/problems/unknown-pod"
