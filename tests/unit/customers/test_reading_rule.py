"""What the customer database takes of readings and series, to the last second and quarter-hour."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.customers.domain.baseline import PowerSeries, validated_series
from platone.customers.domain.erasure import CONTEXTS, OWN, StoredErasure, first_parts
from platone.customers.domain.instant import (
    aligned_s,
    instant_at,
    instant_at_us,
    microseconds_at,
)
from platone.customers.domain.measurement import (
    interval_start_s,
)
from platone.customers.domain.pod_owner import PodOwner, check_owner
from platone.customers.domain.problem import (
    PodEnded,
    SeriesTooLate,
    StartNotAligned,
    UnknownPod,
    WrongSlotCount,
)
from platone.customers.domain.scope import Scope
from platone.kernel.errors import NotOwner
from platone.kernel.record_time import InstantOutOfRange
from platone.messages.erasure import ErasurePart
from platone.messages.registry import Measurement, Series

ROME = "Europe/Rome"
MIDNIGHT = datetime(2021, 6, 22, 22, tzinfo=UTC)
FIRST, END = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def measurement(start: datetime = MIDNIGHT, minutes: int = 15, **more: Any) -> Measurement:
    values: dict[str, Any] = {
        "energy_wh": 100,
        "quality": "measured",
        "device": "0x" + "0" * 40,
        "sequence": 1,
        "certification_id": "c",
        "certification_hash": "0" * 64,
        "received_at": MIDNIGHT,
    } | more
    return Measurement(pod_id="POD-1", start_time=start, duration_minutes=minutes, **values)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59, 59, 999_999)))  # noqa: DTZ001 - hypothesis asks for it so
def test_instants_are_kept_to_the_microsecond(naive: datetime) -> None:
    instant = naive.replace(tzinfo=UTC)
    kept = microseconds_at(instant)
    since = instant - datetime(1970, 1, 1, tzinfo=UTC)
    assert kept == since // timedelta(microseconds=1)
    assert instant_at_us(kept) == instant
    assert instant_at(kept // 10**6) == instant.replace(microsecond=0)
    assert instant_at_us(kept).tzinfo is UTC


def test_instants_outside_are_kept_at_the_bounds() -> None:
    assert instant_at_us(microseconds_at(datetime(1, 1, 1, tzinfo=UTC))) == FIRST
    assert instant_at_us(microseconds_at(datetime(9999, 1, 1, tzinfo=UTC))) == END


@pytest.mark.parametrize("instant", [FIRST, END - QUARTER, MIDNIGHT])
def test_an_instant_on_the_grid_is_so_many_seconds(instant: datetime) -> None:
    assert instant_at(aligned_s(instant, 900)) == instant
    local = instant.astimezone(timezone(timedelta(hours=2)))
    assert aligned_s(local, 900) == aligned_s(instant, 900)


@pytest.mark.parametrize(
    "late", [timedelta(seconds=1), timedelta(microseconds=1), timedelta(minutes=5)]
)
def test_an_instant_beside_the_grid_is_refused(late: timedelta) -> None:
    with pytest.raises(StartNotAligned, match="15 minutes") as refused:
        aligned_s(MIDNIGHT + late, 900)
    assert refused.value.fields == {"startTime": (MIDNIGHT + late).isoformat()}


@pytest.mark.parametrize("instant", [END, FIRST - QUARTER, FIRST - timedelta(microseconds=1)])
def test_an_instant_of_other_years_is_refused(instant: datetime) -> None:
    with pytest.raises(InstantOutOfRange):
        aligned_s(instant, 900)


def test_an_interval_ends_before_the_last_year_does() -> None:
    last = END - QUARTER
    assert instant_at(interval_start_s(measurement(last))) == last
    assert interval_start_s(measurement(MIDNIGHT + timedelta(minutes=1), 1)) % 3600 == 60
    with pytest.raises(SeriesTooLate):
        interval_start_s(measurement(last + timedelta(minutes=1)))
    with pytest.raises(StartNotAligned):
        interval_start_s(measurement(MIDNIGHT + timedelta(seconds=30)))


@pytest.mark.parametrize(
    ("ended_s", "last_s", "is_taken"),
    [(None, 10**10, True), (900, 899, True), (900, 900, False), (900, 901, False)],
)
def test_records_reach_to_the_end_of_a_registration(
    ended_s: int | None, last_s: int, *, is_taken: bool
) -> None:
    owners = {"POD-1": PodOwner("AGG", ended_s)}
    for owner in ("AGG", None):
        if is_taken:
            check_owner(owners, "POD-1", last_s, owner)
        else:
            with pytest.raises(PodEnded):
                check_owner(owners, "POD-1", last_s, owner)


def test_records_are_of_the_owner_and_of_a_registered_pod() -> None:
    owners = {"POD-1": PodOwner("AGG", None)}
    with pytest.raises(NotOwner):
        check_owner(owners, "POD-1", 0, "OTHER")
    for owner in ("AGG", None):
        with pytest.raises(UnknownPod):
            check_owner(owners, "POD-2", 0, owner)


@pytest.mark.parametrize(
    ("scope", "holds"),
    [
        (Scope(), [True, True, True]),
        (Scope(aggregator_id="A"), [True, False, True]),
        (Scope(customer_id="C"), [True, True, False]),
        (Scope(aggregator_id="A", customer_id="C"), [True, False, False]),
    ],
)
def test_a_scope_holds_what_is_of_both_parties(scope: Scope, holds: list[bool]) -> None:
    pods = [("A", "C"), ("B", "C"), ("A", None)]
    assert [scope.holds(*parties) for parties in pods] == holds


def series(count: int, start: datetime = MIDNIGHT) -> Series:
    return Series(pod_id="POD-1", start_time=start, values=[float(n) for n in range(count)])


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (MIDNIGHT, 96),
        (datetime(2021, 3, 27, 23, tzinfo=UTC), 92),
        (datetime(2021, 10, 30, 22, tzinfo=UTC), 100),
    ],
)
def test_a_whole_day_has_the_days_quarter_hours(start: datetime, expected: int) -> None:
    """From 90 to 102 values a day is meant; fewer are a part of it, more are several days."""
    for count in range(88, 106):
        if 90 <= count <= 102 and count != expected:
            with pytest.raises(WrongSlotCount) as refused:
                validated_series(series(count, start), ROME)
            assert (refused.value.fields["expected"], refused.value.fields["got"]) == (
                expected,
                count,
            )
        else:
            assert len(validated_series(series(count, start), ROME).values) == count
        later = validated_series(series(count, start + QUARTER), ROME)
        assert later.end_s - later.start_s == count * 900


def test_a_series_ends_with_the_last_year() -> None:
    assert validated_series(series(4, END - 4 * QUARTER), ROME).end_s == int(END.timestamp())
    with pytest.raises(SeriesTooLate):
        validated_series(series(5, END - 4 * QUARTER), ROME)
    with pytest.raises(StartNotAligned):
        validated_series(series(5, MIDNIGHT + timedelta(minutes=1)), ROME)


@pytest.mark.parametrize("count", [1, 99, 100, 101, 250])
def test_rows_have_a_hundred_quarter_hours_at_most(count: int) -> None:
    whole = PowerSeries(900, [float(n) for n in range(count)])
    rows = list(whole.rows())
    assert [value for row in rows for value in row.values] == list(whole.values)
    assert max(len(row.values) for row in rows) == min(count, 100)
    assert len(rows) == -(-count // 100)
    assert [row.start_s for row in rows] == [900 + 90_000 * n for n in range(len(rows))]
    assert rows[-1].end_s == whole.end_s == 900 * (count + 1)


def stored(**states: Any) -> StoredErasure:
    parts = tuple(
        ErasurePart(context=context, state=states.get(context, "waiting"), reason="")
        for context in CONTEXTS
    )
    return StoredErasure("e", "CUSTOMER", ("POD-1",), MIDNIGHT, None, parts)


def test_contexts_erase_in_their_order() -> None:
    assert OWN == "customers"
    assert sorted(stored().due()) == ["dso", "identity", "market"]
    assert sorted(stored(market="done").due()) == [
        *("access", "aggregator", "dso"),
        *("identity", "ledger"),
    ]
    others = dict.fromkeys(set(CONTEXTS) - {OWN}, "done")
    assert stored(**others).due() == [OWN]
    assert stored(**others, customers="done").due() == []
    for late in others:
        assert OWN not in stored(**(others | {late: "waiting"})).due()


def test_a_new_erasure_says_what_it_waits_for() -> None:
    parts = {part.context: (part.state, part.reason) for part in first_parts()}
    assert parts["market"] == ("waiting", "it has not begun")
    assert parts["access"] == ("waiting", "market come first")
    assert parts[OWN] == (
        "waiting",
        "dso, identity, market, access, aggregator, ledger come first",
    )
