"""A request's group and direction stay those of its acceptance; a recording holds both."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.market.market_case import BASELINE_KW, DSO, ask, offer, session

from platone.market.domain.asked_group import asked_groups
from platone.market.domain.clearing import clear
from platone.market.domain.problem.outcome import RecordingInvalid
from platone.market.domain.replay import clear_file
from platone.messages.base import MarketType
from platone.messages.market import (
    AskedGroup,
    Flexibility,
    FlexibilityService,
    PowerPoint,
    RecordedService,
    ServiceType,
)

POM_REQUEST = {"pom": "CP9", "power": [{"index": 0, "p": 220.0, "pPrice": 1.0}]}


def _offer(pod: str, p: float) -> dict[str, Any]:
    power = [{"index": 0, "p": p, "pPrice": 0.05}]
    entries = [{"pod": [pod], "power": power}]
    return {
        "playerId": "ACEAE",
        "serviceType": "offer",
        "playerServiceId": f"offer-{pod}",
        "flexibility": entries,
    }


def _recording(pods: list[str], asked: list[dict[str, Any]]) -> bytes:
    request = {
        "playerId": "TSO",
        "serviceType": "TSO_request",
        "playerServiceId": "request",
        "flexibility": [POM_REQUEST],
        "asked": asked,
    }
    terms = {"marketType": "dayAhead", "startTime": "2026-10-27T23:00:00Z", "duration": 24}
    services = [request, _offer("IT21", 130.0)]
    services += [_offer("IT23", 60.0)] if "IT23" in pods else []
    known = [
        {"podId": pod, "aggregatorId": "ACEAE", "poMId": "CP9", "powerBaseline": [100.0] * 96}
        for pod in pods
    ]
    return json.dumps({"session": terms, "pods": known, "flexibilityServices": services}).encode()


def _sold(recording: bytes) -> dict[str, float | None]:
    outcome = json.loads(clear_file(recording))
    return {each["pod"]: each["power"][0]["acceptedPChange"] for each in outcome["flexibility"]}


def test_who_joins_the_pom_after_the_request_changes_nothing_of_it() -> None:
    """20 of 200 kW are asked, in a recording too."""
    asked = [{"pods": ["IT21", "IT22"], "needsKw": [20.0]}]
    assert _sold(_recording(["IT21", "IT22"], asked)) == {"IT21": 20.0}
    assert _sold(_recording(["IT21", "IT22", "IT23"], asked)) == {"IT21": 20.0, "IT23": None}


@pytest.mark.parametrize(
    "asked",
    [
        [{"pods": ["IT99"], "needsKw": [20.0]}],
        [{"needsKw": [20.0, 1.0]}],
        [{"needsKw": [20.0]}, {"needsKw": [20.0]}],
    ],
    ids=["a stranger", "more quarter-hours", "more entries"],
)
def test_what_was_noted_of_something_else_is_refused(asked: list[dict[str, Any]]) -> None:
    with pytest.raises(RecordingInvalid):
        clear_file(_recording(["IT21", "IT22"], asked))


def _asked(request: RecordedService, kw: float) -> RecordedService:
    pods = {pod: [kw] for entry in request.flexibility for pod in entry.pod or ()}
    return msgspec.structs.replace(request, asked=asked_groups(request, {}, pods))


@given(then_kw=st.floats(1, 200), asked_kw=st.floats(-50, 50), offered_kw=st.floats(1, 50))
def test_a_request_buys_in_the_direction_that_it_had_or_not_at_all(
    then_kw: float, asked_kw: float, offered_kw: float
) -> None:
    request = ask("r", ["pod-a", "pod-b"], asked_kw, 1.0, DSO)
    recorded = session(
        _asked(request, then_kw), offer("pod-a", offered_kw, 0.1), offer("pod-b", -offered_kw, 0.1)
    )
    need_then = 2 * BASELINE_KW + asked_kw - 2 * then_kw

    bought = sum(
        power.accepted_p_change or 0.0 for pod in clear(recorded).flexibility for power in pod.power
    )

    assert bought * need_then >= 0
    assert bought * asked_kw >= 0
    assert abs(bought) <= abs(asked_kw) + 1e-9
    if asked_kw * need_then > 0 and abs(asked_kw) >= 0.001:
        assert abs(bought) == pytest.approx(min(abs(asked_kw), offered_kw), abs=0.001)


def test_a_request_without_a_note_asks_as_before() -> None:
    """As in recordings that were made before it was noted."""
    request = ask("r", ["pod-a"], -20.0, 1.0, DSO)
    assert request.asked == ()
    plain = clear(session(request, offer("pod-a", -50, 0.1)))
    noted = clear(session(_asked(request, BASELINE_KW), offer("pod-a", -50, 0.1)))
    assert plain.flexibility == noted.flexibility
    assert AskedGroup() == AskedGroup(pods=(), needs_kw=())


def test_a_request_notes_its_group_and_what_it_needs_of_it() -> None:
    """Behind a PoM in order of PoDs; a group that the request names needs no note of its PoDs."""
    power = [PowerPoint(index=1, p=70.0, p_price=0.5), PowerPoint(index=0, p=10.0, p_price=0.5)]
    request = FlexibilityService(
        player_id="TSO",
        service_type=ServiceType.TSO_REQUEST,
        player_service_id="request",
        flexibility=[
            Flexibility(pom="CP9", power=power),
            Flexibility(pod=["C", "A"], power=power[:1]),
        ],
        market_type=MarketType.DAY_AHEAD,
        start_time=datetime(2021, 6, 22, 22, tzinfo=UTC),
        duration=24,
    )
    schedules = {"A": [1.0, 20.0], "B": [2.0, 30.0], "C": [4.0, 40.0]}
    behind, named = asked_groups(request, {"CP9": ["C", "A"]}, schedules)
    assert behind == AskedGroup(pods=("A", "C"), needs_kw=(10.0, 5.0))
    assert named == AskedGroup(pods=(), needs_kw=(10.0,))
