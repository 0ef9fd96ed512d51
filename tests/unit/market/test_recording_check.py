"""Recorded sessions that REST would refuse are refused by the command too."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from platone.kernel.errors import PlatoneError
from platone.market.domain.replay import clear_file, settle_file
from platone.messages.market import RecordedSession

CASES = Path(__file__).parents[2] / "data" / "market"
OFFER = 2
"""Where the first offer stands among the session's services; request and request come before."""


def refusals(recording: dict[str, Any]) -> set[str]:
    slugs = set()
    for replay in (clear_file, settle_file):
        with pytest.raises(PlatoneError) as refused:
            replay(json.dumps(recording).encode())
        slugs.add(refused.value.slug)
    return slugs


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("wrong_slot_count", "baseline-missing"),
        ("index_outside_window", "index-outside-session"),
        ("one_milliwatt_sets_price", "volume-below-least"),
        ("zero_change_offer", "offers-nothing"),
    ],
)
def test_cases_from_trials(name: str, slug: str) -> None:
    assert refusals(json.loads((CASES / f"{name}.json").read_text("utf-8"))) == {slug}


def _first_power(service: dict[str, Any]) -> dict[str, Any]:
    power: dict[str, Any] = service["flexibility"][0]["power"][0]
    return power


def foreign_offer(recording: dict[str, Any]) -> None:
    recording["flexibilityServices"][OFFER]["playerId"] = "ACEAE_2"


def pod_twice_in_the_session(recording: dict[str, Any]) -> None:
    recording["pods"].append(recording["pods"][0])


def pod_twice_in_a_group(recording: dict[str, Any]) -> None:
    recording["flexibilityServices"][0]["flexibility"][0]["pod"] *= 2


def pod_offered_twice(recording: dict[str, Any]) -> None:
    offer = recording["flexibilityServices"][OFFER]
    recording["flexibilityServices"].append(offer | {"playerServiceId": "again"})


def pod_twice_in_an_offer(recording: dict[str, Any]) -> None:
    recording["flexibilityServices"][OFFER]["flexibility"] *= 2


def offer_of_two_pods(recording: dict[str, Any]) -> None:
    entry = recording["flexibilityServices"][OFFER]["flexibility"][0]
    entry["pod"] = ["IT002E61899978", "IT002E60974469"]


def unknown_pod(recording: dict[str, Any]) -> None:
    recording["flexibilityServices"][0]["flexibility"][0]["pod"].append("IT002E99999999")


def unknown_pom(recording: dict[str, Any]) -> None:
    recording["flexibilityServices"][1]["flexibility"][0]["pom"] = "CP-NOWHERE"


def pods_and_pom(recording: dict[str, Any]) -> None:
    recording["flexibilityServices"][0]["flexibility"][0]["pom"] = "CP-IRLANDESE"


def index_twice(recording: dict[str, Any]) -> None:
    recording["flexibilityServices"][0]["flexibility"][0]["power"] *= 2


def negative_price(recording: dict[str, Any]) -> None:
    _first_power(recording["flexibilityServices"][OFFER])["pPrice"] = -0.01


def index_after_the_day(recording: dict[str, Any]) -> None:
    _first_power(recording["flexibilityServices"][OFFER])["index"] = 96


def baseline_of_another_day(recording: dict[str, Any]) -> None:
    recording["pods"][3]["powerBaseline"] = [1.0] * 100


def no_baseline(recording: dict[str, Any]) -> None:
    recording["pods"][3]["powerBaseline"] = []


def off_the_calendar(recording: dict[str, Any]) -> None:
    recording["session"]["startTime"] = "2021-06-22T23:00:00Z"


def another_zone(recording: dict[str, Any]) -> None:
    recording["zone"] = "Europe/Athens"


def no_zone(recording: dict[str, Any]) -> None:
    recording["zone"] = "Europe/Atlantis"


def odd_zone(recording: dict[str, Any]) -> None:
    recording["zone"] = "../../etc/passwd"


def other_length(recording: dict[str, Any]) -> None:
    recording["session"]["duration"] = 23


def other_length_of_a_message(recording: dict[str, Any]) -> None:
    recording["flexibilityServices"][OFFER]["duration"] = 23


def same_identifier(recording: dict[str, Any]) -> None:
    services = recording["flexibilityServices"]
    services[OFFER + 1]["playerServiceId"] = services[OFFER]["playerServiceId"]


@pytest.mark.parametrize(
    ("spoil", "slug"),
    [
        (foreign_offer, "service-not-allowed"),
        (pod_twice_in_the_session, "recording-invalid"),
        (pod_twice_in_a_group, "duplicate-pod"),
        (pod_offered_twice, "pod-already-offered"),
        (pod_twice_in_an_offer, "duplicate-index"),
        (offer_of_two_pods, "offer-needs-one-pod"),
        (unknown_pod, "unknown-pod"),
        (unknown_pom, "unknown-pom"),
        (pods_and_pom, "pods-or-pom"),
        (index_twice, "duplicate-index"),
        (negative_price, "negative-price"),
        (index_after_the_day, "index-outside-session"),
        (baseline_of_another_day, "baseline-missing"),
        (no_baseline, "baseline-missing"),
        (off_the_calendar, "session-off-calendar"),
        (another_zone, "session-off-calendar"),
        (no_zone, "recording-invalid"),
        (odd_zone, "recording-invalid"),
        (other_length, "wrong-duration"),
        (other_length_of_a_message, "wrong-duration"),
        (same_identifier, "duplicate-identifier"),
    ],
)
def test_what_rest_refuses_is_refused(
    italian_session: RecordedSession, spoil: Callable[[dict[str, Any]], None], slug: str
) -> None:
    recording = json.loads(msgspec.json.encode(italian_session))
    clear_file(json.dumps(recording).encode())

    spoil(recording)

    assert refusals(recording) == {slug}
