"""A line is measured by certified readings that fill its quarter-hour, and come to what it says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platone.ledger.domain.measurement import check_measured
from platone.ledger.domain.problem import EvidenceInvalid
from platone.messages.ledger import SettlementLine
from platone.messages.metering import Reading, ReadingBatch

START = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
DEVICE = "0x" + "11" * 20


def line(measured: int, **changed: Any) -> SettlementLine:
    return SettlementLine(
        **{
            "line_id": "l",
            "pod": "MINE",
            "aggregator_id": "A",
            "baseline": 0,
            "ordered": 0,
            "measured": measured,
            "price": 0,
            "start_time": START,
            **changed,
        }
    )


def reading(minute: int, minutes: int, energy_wh: int, pod: str = "MINE", **more: Any) -> Reading:
    return Reading(
        pod_id=pod,
        start_time=START + timedelta(minutes=minute),
        duration_minutes=minutes,
        energy_wh=energy_wh,
        **more,
    )


def told(*readings: Reading) -> list[ReadingBatch]:
    """Each reading in a message of its own."""
    return [
        ReadingBatch(device=DEVICE, sequence=number, sent_at=START, readings=[each])
        for number, each in enumerate(readings)
    ]


def test_readings_that_come_to_the_measured_energy_are_enough() -> None:
    check_measured(line(2_450_000), told(reading(0, 15, 2_450)))
    thirds = [reading(minute, 5, 100 + minute) for minute in (0, 5, 10)]
    check_measured(line(315_000), told(*thirds))
    check_measured(line(-7_000), told(reading(0, 15, -7), reading(0, 15, 9, "OTHER")))


@pytest.mark.parametrize("micro_kwh", [2_449_999, 2_450_001, -2_450_000, 0])
def test_another_energy_is_refused_and_named(micro_kwh: int) -> None:
    with pytest.raises(EvidenceInvalid, match=f"come to 2450000 .* kWh, not {micro_kwh}$"):
        check_measured(line(micro_kwh), told(reading(0, 15, 2_450)))


def test_of_reactive_energy_kilovarhours_count() -> None:
    readings = told(reading(0, 15, 2_450, reactive_energy_varh=300))
    check_measured(line(300_000, reactive=True), readings)
    with pytest.raises(EvidenceInvalid, match="come to 300000 millionths of a kvarh, not 2450000"):
        check_measured(line(2_450_000, reactive=True), readings)


@pytest.mark.parametrize(
    "readings",
    [
        [],
        [reading(0, 5, 1), reading(10, 5, 1)],
        [reading(15, 15, 2)],
        [reading(0, 15, 2, "OTHER")],
    ],
)
def test_a_gap_is_refused(readings: list[Reading]) -> None:
    with pytest.raises(EvidenceInvalid, match="do not fill the interval exactly"):
        check_measured(line(2_000), told(*readings))


def test_a_line_says_its_quarter_hour() -> None:
    readings = told(reading(0, 60, 4))
    for changed, reason in (
        ({"start_time": None}, "does not say when"),
        ({"duration_minutes": 14}, "not of 14 minutes"),
        ({"duration_minutes": 60}, "not of 60 minutes"),
    ):
        with pytest.raises(EvidenceInvalid, match=reason):
            check_measured(line(4_000, **changed), readings)


def test_a_gap_is_interpolated_only_where_the_line_says_so() -> None:
    around = told(reading(-15, 15, 100), reading(15, 15, 300))
    check_measured(line(200_000, interpolated=True), around)
    with pytest.raises(EvidenceInvalid, match="do not fill"):
        check_measured(line(200_000), around)
    with pytest.raises(EvidenceInvalid, match="do not fill"):  # it is measured: no gap
        check_measured(line(5_000, interpolated=True), told(reading(0, 15, 5)))


def test_two_words_about_one_interval_contradict_each_other() -> None:
    with pytest.raises(EvidenceInvalid, match="contradict each other"):
        check_measured(line(5_000), told(reading(0, 15, 4), reading(0, 15, 5)))
    for harmless in (
        reading(0, 15, 5),  # said twice
        reading(0, 15, 4, quality="estimated"),
        reading(0, 5, 4),  # of another length
        reading(15, 15, 4),
        reading(0, 15, 4, "OTHER"),
    ):
        check_measured(line(5_000), told(harmless, reading(0, 15, 5)))
    check_measured(line(4_000), told(reading(0, 15, 4, revision=1), reading(0, 15, 5)))
