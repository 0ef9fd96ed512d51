"""Long outcomes are written and read some points of delivery at a time, and split in parts."""

from datetime import UTC, datetime
from random import Random

import msgspec
import pytest
from tests.unit.market.market_case import ask, offer, session
from tests.unit.market.random_session import random_session

from platone.kernel.canonical import (
    canonical_json,
    canonical_parts,
    content_hash,
    filled_parts,
    joined,
    long_hash,
)
from platone.market.domain.clearing import clear
from platone.market.domain.outcome_part import (
    LONGEST_BYTES,
    OutcomePart,
    final_parts,
    join_settlements,
    market_parts,
    outcome_text,
    plain_text,
    plan_parts,
    read_outcome,
    split_name,
    whole_name,
)
from platone.market.domain.validation import validate_as_cleared
from platone.messages.base import MarketType
from platone.messages.outcome import Cut, MarketOutcome, ValidatedOutcome
from platone.messages.settlement import FlexibilitySettlement, MeasuredPower, Settlement


def long_outcome() -> MarketOutcome:
    """An outcome of 3,000 points of delivery whose names and offers look like JSON, 9 MB."""
    pods = [f"POD{number:05d}" for number in range(3000)]
    offers = [
        msgspec.structs.replace(
            offer(pod, -5.0, 0.1), player_service_id=']},{"pod":"' + "x" * 180 + f"]}}]{number}"
        )
        for number, pod in enumerate(pods)
    ]
    one = clear(session(*offers, ask("dso", pods, -7_000.0, 0.2)))
    many = [
        msgspec.structs.replace(
            pod,
            power=[
                msgspec.structs.replace(each, index=at) for each in pod.power for at in range(9)
            ],
        )
        for pod in one.flexibility
    ]
    return msgspec.structs.replace(one, flexibility=many)


def test_a_long_outcome_is_read_as_it_was_written() -> None:
    outcome = long_outcome()
    text = canonical_json(outcome)
    assert len(text) > LONGEST_BYTES
    assert read_outcome(text, MarketOutcome) == outcome
    cut = Cut(element="line/1", kind="current", value=2.0, limit=1.0, unit="A")
    final = validate_as_cleared(outcome)
    pods = [
        msgspec.structs.replace(
            pod, power=[msgspec.structs.replace(each, cuts=(cut,)) for each in pod.power]
        )
        for pod in final.flexibility
    ]
    final = msgspec.structs.replace(final, flexibility=pods)
    assert outcome_text(final) == canonical_json(final)
    assert plain_text(final) == msgspec.json.encode(final)
    for written in (outcome_text(final), msgspec.json.encode(final)):
        assert read_outcome(written, ValidatedOutcome) == final


def test_a_long_list_is_written_as_a_short_one() -> None:
    outcome = clear(random_session(3))
    for count in (0, 1, 199, 200, 201, 1000):
        pods = (outcome.flexibility * count)[:count]
        assert joined(canonical_parts(pods)) == canonical_json(pods)
        long = msgspec.structs.replace(outcome, flexibility=pods)
        assert long_hash(long, "flexibility") == content_hash(long)
    with pytest.raises(ValueError, match="no empty list"):
        joined(filled_parts(outcome, {"flexibility": [b"[]"]}))


def test_every_line_is_in_one_part_that_holds_its_quarter_hour() -> None:
    for seed in range(100):
        outcome = clear(random_session(seed))
        length = Random(seed).randint(1, 5_000)  # noqa: S311 - a test's
        parts = plan_parts(length, range(96), 1_000)
        assert len(parts) == (0 if length <= 1_000 else -(-length // 1_000))
        covered = [at for part in parts for at in range(part.first, part.last + 1)]
        assert covered == (list(range(96)) if parts else [])
        if not parts:
            continue
        told = market_parts(outcome, parts)
        lines = [(pod.pod, each) for one in told for pod in one.flexibility for each in pod.power]
        whole = [(pod.pod, each) for pod in outcome.flexibility for each in pod.power]
        assert sorted(map(repr, lines)) == sorted(map(repr, whole))
        for part, one in zip(parts, told, strict=True):
            indices = {each.index for pod in one.flexibility for each in pod.power}
            assert indices <= set(range(part.first, part.last + 1))
            assert split_name(one.market_outcome) == (outcome.market_outcome, part.number)


def test_a_part_is_at_least_a_quarter_hour_and_a_short_outcome_a_whole() -> None:
    assert plan_parts(10**9, range(16, 20), 1_000) == [
        OutcomePart(number, 15 + number, 15 + number) for number in range(1, 5)
    ]
    assert plan_parts(1_000, range(96), 1_000) == []
    final = validate_as_cleared(clear(random_session(1)))
    assert final_parts(final, []) == [final]
    assert split_name("25a63e52a98f6fdaa6187da5") == ("25a63e52a98f6fdaa6187da5", None)


def test_a_part_and_its_outcome_have_one_whole() -> None:
    assert whole_name("25a63e52a98f6fdaa6187da5.3") == "25a63e52a98f6fdaa6187da5"
    assert whole_name("25a63e52a98f6fdaa6187da5") == "25a63e52a98f6fdaa6187da5"


def _settled(part: int, run: int, lines: dict[str, int]) -> Settlement:
    def line(index: int) -> MeasuredPower:
        return MeasuredPower(
            index=str(index),
            requested_p=90.0,
            measured_p=None,
            baseline_p=100.0,
            price_p=0.05,
            paid_p=0.0,
            penalty_p=0.0,
            request_player_id="DSO",
            offer_player_id="ACEAE",
        )

    return Settlement(
        settlement_id=f"a.{part}.{run}",
        market_outcome_id=f"a.{part}",
        market_type=MarketType.DAY_AHEAD,
        flexibility=[
            FlexibilitySettlement(pod=pod, power=[line(index)]) for pod, index in lines.items()
        ],
        start_time=datetime(2021, 6, 22, 22, tzinfo=UTC),
        sent=True,
        transaction_hash="0x" + "12" * 32,
        certification_id=f"settlement-a.{part}.{run}",
        run=run,
    )


def test_settlements_of_parts_are_told_together() -> None:
    parts = [_settled(1, 2, {"B": 3, "A": 4}), _settled(2, 3, {"C": 50, "B": 51})]
    joined_up = join_settlements("a", parts)
    told = {each.pod: [line.index for line in each.power] for each in joined_up.flexibility}
    assert list(told.items()) == [("A", ["4"]), ("B", ["3", "51"]), ("C", ["50"])]
    assert (joined_up.settlement_id, joined_up.market_outcome_id, joined_up.run) == ("a", "a", 5)
    assert (joined_up.transaction_hash, joined_up.certification_id) == (None, None)
    assert (joined_up.start_time, joined_up.sent) == (parts[0].start_time, True)
