"""Offers that come at once share transactions, and each is answered as if it had come alone."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from tests.integration.market.conftest import ITALIAN_PODS
from tests.integration.market.test_market_crash import Killed, Killer, _arm
from tests.integration.market.test_submission_refusal import at, for_pod, offer

PATH = "/api/flexibilityService"
PODS = {str(pod["podId"]): kw for pod, kw in ITALIAN_PODS if pod["aggregatorId"] == "ACEAE"}


def _offer(name: str, pod: str, *indices: int, less_kw: float = 50.0, **more: Any) -> Any:
    power = [at(index, PODS[pod] - less_kw) for index in indices]
    return offer(for_pod(*power, pod=pod), playerServiceId=name, **more)


async def _told(desk: Any, messages: list[Any]) -> list[str]:
    answers = await asyncio.gather(*(desk.call("ACEAE", "POST", PATH, each) for each in messages))
    return [each.json()["status" if each.is_success else "type"] for each in answers]


async def _standing(desk: Any, name: str) -> list[tuple[str, int]]:
    answer = await desk.call("ACEAE", "GET", f"{PATH}/{name}")
    return [
        (entry["pod"][0], point["index"])
        for version in answer.json()["versions"]
        if version["state"] == "stands"
        for entry in version["service"]["flexibility"]
        for point in entry["power"]
    ]


async def test_each_of_many_at_once_has_its_own_answer(desk: Any) -> None:
    """96 offers of single quarter-hours, each sent twice, and as many that want one of those."""
    pod, other, *_ = PODS
    own = [_offer(f"own-{index}", pod, index) for index in range(96)]
    rivals = [_offer(f"rival-{index}", pod, index, less_kw=51.0) for index in range(96)]
    wrong = [_offer(f"wrong-{index}", other, index, less_kw=1e6) for index in range(20)]

    told = await _told(desk, [*own, *own, *rivals, *wrong])

    assert Counter(told[:192]) == {"accepted": 96, "alreadySubmitted": 96}
    assert set(told[192:288]) == {"/problems/pod-already-offered"}
    assert set(told[288:]) == {"/problems/offer-outside-limits"}
    for index in (0, 50, 95):
        assert await _standing(desk, f"own-{index}") == [(pod, index)]


async def test_of_those_that_want_the_same_one_gets_it(desk: Any) -> None:
    pod = next(iter(PODS))
    told = await _told(desk, [_offer(f"o-{each}", pod, 40, 41, each) for each in range(30)])
    assert Counter(told) == {"accepted": 1, "/problems/pod-already-offered": 29}


async def test_revisions_at_once_leave_one_that_stands(desk: Any) -> None:
    pod = next(iter(PODS))
    told = await _told(desk, [_offer("o", pod, each, revision=each) for each in range(1, 20)])
    assert set(told) <= {"accepted", "/problems/revision-outdated"}
    assert await _standing(desk, "o") == [(pod, 19)]
    assert await _told(desk, [_offer("other", pod, 1)]) == ["accepted"]


@pytest.mark.parametrize("after", [False, True])
async def test_a_kill_in_a_group_loses_nothing_that_was_answered(
    desk: Any,
    monkeypatch: pytest.MonkeyPatch,
    after: bool,  # noqa: FBT001
) -> None:
    """Before the transaction is durable none of a group is there, after it all are."""
    pods = list(PODS)[:2]
    known = [_offer(f"known-{pod}", pod, 90) for pod in pods]  # their baselines are seen by then
    assert await _told(desk, known) == ["accepted"] * 2
    offers = [_offer(f"o-{pod}-{index}", pod, index) for index in range(12) for pod in pods]
    with monkeypatch.context() as patch:
        _arm(patch, Killer(at=1, after=after))
        tasks = [asyncio.create_task(desk.call("ACEAE", "POST", PATH, each)) for each in offers]
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    answered = [not isinstance(each, BaseException) for each in answers]
    assert any(isinstance(each, Killed) for each in answers)
    await desk.restart()
    again = await _told(desk, offers)
    for was_answered, told in zip(answered, again, strict=True):
        assert told in (
            {"alreadySubmitted"} if was_answered or after else {"accepted", "alreadySubmitted"}
        )
    assert await _told(desk, offers) == ["alreadySubmitted"] * len(offers)
