"""Offers that come at once are checked as one, and a wrong one among them harms no other."""

import asyncio
from typing import Any

import pytest
from tests.integration.market.conftest import ITALIAN_PODS, SESSION_START
from tests.integration.market.test_submission_refusal import at, for_pod, offer

PATH = "/api/flexibilityService"
LIKE, KW = next((pod, kw) for pod, kw in ITALIAN_PODS if pod["aggregatorId"] == "ACEAE")
NAMES = [f"IT002E9{number:07d}" for number in range(40)]
WRONG: dict[str, dict[str, Any]] = {
    "price-off-tick": at(0, KW - 50, 0.000_000_1),
    "negative-price": at(0, KW - 50, -0.01),
    "offer-outside-limits": at(0, KW - 1e6),
    "offers-nothing": at(0, KW),
    "index-outside-session": at(96, KW - 50),
}


@pytest.fixture
async def many(desk: Any) -> Any:
    """A market that knows forty points of delivery of an aggregator."""
    for name in NAMES:
        desk.others.baselines[name] = [KW] * 96
    pods = [LIKE | {"podId": name} for name in NAMES]
    answer = await desk.call("MDA", "POST", "/api/podRegistry", {"pods": pods})
    assert answer.is_success, answer.text
    return desk


async def _told(desk: Any, messages: list[Any]) -> list[str]:
    answers = await asyncio.gather(*(desk.call("ACEAE", "POST", PATH, each) for each in messages))
    return [each.json()["status" if each.is_success else "type"] for each in answers]


def _offer(name: str, *entries: Any) -> Any:
    return offer(*entries, playerServiceId=name)


def _wave(index: int) -> tuple[list[Any], list[str]]:
    """Offers of all points of delivery for a quarter-hour, every third one wrong; and answers."""
    messages, expected, wrongs = [], [], list(WRONG.items())
    for number, name in enumerate(NAMES):
        entries = [for_pod(at(index, KW - 50), pod=name)]
        told = "accepted"
        if number % 3 == 0:
            slug, point = wrongs[number // 3 % len(wrongs)]
            entries.append(for_pod(point | {"index": point["index"] or index + 1}, pod=name))
            told = f"/problems/{slug}"
        messages.append(_offer(f"{index}-{name}", *entries))
        expected.append(told)
    messages.append(_offer(f"{index}-unknown", for_pod(at(index), pod="NOWHERE")))
    messages.append(_offer(f"{index}-again", for_pod(at(index, KW - 51), pod=NAMES[1])))
    return messages, [*expected, "/problems/unknown-pod", "/problems/pod-already-offered"]


async def test_wrong_ones_are_refused_and_all_others_taken(many: Any) -> None:
    """With baselines that are asked for first, and with those that are known then."""
    for index in (10, 20, 30):
        messages, expected = _wave(index)
        assert await _told(many, messages) == expected
    stored = many.records("SELECT service_id FROM service")
    assert len(stored) == 3 * sum(number % 3 != 0 for number in range(len(NAMES)))
    taken = many.records("SELECT count(*) FROM certificate")
    assert taken == [(len(stored),)]


async def test_all_reasons_of_a_wrong_one_are_told(many: Any) -> None:
    two = [for_pod(WRONG["offers-nothing"] | {"index": 5}, pod=NAMES[0])]
    two.append(for_pod(at(6, KW - 1e6, 0.000_000_1), pod=NAMES[0]))
    others = [_offer(name, for_pod(at(5, KW - 50), pod=name)) for name in NAMES[1:20]]
    calls = [many.call("ACEAE", "POST", PATH, each) for each in [_offer("two", *two), *others]]
    refused, *taken = await asyncio.gather(*calls)
    told = {each["type"].removeprefix("/problems/") for each in refused.json()["errors"]}
    assert told == {"offers-nothing", "offer-outside-limits", "price-off-tick"}
    assert {each.json()["status"] for each in taken} == {"accepted"}


async def test_baselines_of_those_that_come_together_are_asked_for_together(many: Any) -> None:
    messages = [_offer(name, for_pod(at(5, KW - 50), pod=name)) for name in NAMES]
    assert set(await _told(many, messages)) == {"accepted"}
    asked = many.others.baselines_asked
    assert sorted(pod for each in asked for pod in each) == NAMES  # each once
    assert len(asked) < 5


async def test_offers_of_several_sessions_and_an_unsaid_start_go_at_once(many: Any) -> None:
    """The start of delivery may be told or not: both mean the same session."""
    start = SESSION_START.isoformat()
    messages = [
        _offer(name, for_pod(at(5, KW - 50), pod=name)) | ({"startTime": start} if told else {})
        for told, name in zip([True, False] * 20, NAMES, strict=True)
    ]
    messages += [
        _offer(f"later-{name}", for_pod(at(50, KW - 50), pod=name)) | {"marketType": "realTime"}
        for name in NAMES
    ]
    told = await _told(many, messages)
    assert told == ["accepted"] * 40 + ["/problems/market-closed"] * 40
