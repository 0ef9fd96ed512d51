"""Outcomes are read in pieces of any size, cut by quarter-hour, and their answers joined."""

from datetime import UTC, datetime

import msgspec
import pytest
from msgspec import structs
from tests.unit.market.random_session import random_session

from platone.market.domain import outcome_part as module
from platone.market.domain.clearing import clear, clear_to_store
from platone.market.domain.outcome_part import (
    OutcomePart,
    final_parts,
    join_answers,
    market_parts,
    plan_parts,
    read_outcome,
    split_name,
)
from platone.market.domain.validation import validate_as_cleared
from platone.messages.base import MarketType
from platone.messages.clearing import ShadowPrice
from platone.messages.outcome import (
    MarketOutcome,
    TechnicalOutcome,
    TechnicalPod,
    TechnicalPower,
    ValidatedOutcome,
)


@pytest.mark.parametrize("at_once", [1, 300, 2_000, 10**6])
def test_pieces_of_any_size_read_the_same(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [clear_to_store(random_session(seed)).document for seed in range(12)]
    whole = [msgspec.json.decode(text, type=MarketOutcome) for text in texts]
    calls: list[int] = []
    monkeypatch.setattr(module, "LONGEST_BYTES", 100)
    monkeypatch.setattr(module, "_BYTES_AT_ONCE", at_once)
    known = module._PODS[MarketOutcome]

    class Counting:
        def decode(self, text: bytes) -> object:
            calls.append(len(text))
            return known.decode(text)

    monkeypatch.setitem(module._PODS, MarketOutcome, Counting())
    found = [read_outcome(text, MarketOutcome) for text in texts if b'"pod"' in text]
    assert found == [each for each in whole if each.flexibility]
    longest = max(len(msgspec.json.encode(pod)) for each in whole for pod in each.flexibility)
    assert max(calls) <= at_once + longest + 100
    final = validate_as_cleared(whole[0])
    assert read_outcome(msgspec.json.encode(final), ValidatedOutcome) == final


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("abc", ("abc", None)),
        ("abc.7", ("abc", 7)),
        ("abc.", ("abc.", None)),
        ("abc.x", ("abc.x", None)),
        ("abc.-1", ("abc.-1", None)),
        ("123", ("123", None)),
    ],
)
def test_a_name_has_a_number_behind_its_dot(name: str, parts: tuple[str, int | None]) -> None:
    assert split_name(name) == parts


def test_two_parts_are_halves_and_carry_their_own_shadow_prices() -> None:
    parts = plan_parts(1_001, range(4), 1_000)
    assert parts == [OutcomePart(1, 0, 1), OutcomePart(2, 2, 3)]
    shadows = tuple(
        ShadowPrice(index=index, player_id="DSO", name="x", unit="kW", price=0.1, missing=0.0)
        for index in range(4)
    )
    outcome = structs.replace(clear(random_session(3)), shadow_prices=shadows)
    one, two = market_parts(outcome, parts)
    assert [each.index for each in one.shadow_prices] == [0, 1]
    assert [each.index for each in two.shadow_prices] == [2, 3]
    assert {power.index for pod in two.flexibility for power in pod.power} == {2}
    assert one.output_hash == two.output_hash == outcome.output_hash


def test_a_part_without_lines_is_no_final_part() -> None:
    final = validate_as_cleared(clear(random_session(3)))  # of three quarter-hours
    parts = plan_parts(4_000, range(96), 1_000)
    (only,) = final_parts(final, parts)
    assert only.market_outcome == f"{final.market_outcome}.1"
    assert only.flexibility == final.flexibility


def answer(part: int, **totals_kw: list[tuple[int, float]]) -> TechnicalOutcome:
    return TechnicalOutcome(
        market_type=MarketType.DAY_AHEAD,
        duration=24,
        interval=15,
        start_time=datetime(2021, 6, 22, 22, tzinfo=UTC),
        market_outcome=f"abc.{part}",
        flexibility=[
            TechnicalPod(
                pod=pod,
                power=[TechnicalPower(index=index, accepted_p_value=kw) for index, kw in each],
            )
            for pod, each in totals_kw.items()
        ],
    )


def test_answers_to_parts_are_an_answer_to_the_whole() -> None:
    joined = join_answers(
        "abc",
        [answer(1, B=[(0, 1.0), (1, 2.0)], C=[(0, 9.0)]), answer(2, A=[(2, 3.0)], B=[(3, 4.0)])],
    )
    assert joined.market_outcome == "abc"
    assert [
        (pod.pod, [(power.index, power.accepted_p_value) for power in pod.power])
        for pod in joined.flexibility
    ] == [
        ("A", [(2, 3.0)]),
        ("B", [(0, 1.0), (1, 2.0), (3, 4.0)]),
        ("C", [(0, 9.0)]),
    ]
    alone = answer(1, A=[(0, 1.0)])
    assert join_answers("abc", [alone]) == structs.replace(alone, market_outcome="abc")
