"""Records that are proposed to be verified: certified ones, the latest first, one of each."""

from datetime import UTC, datetime, timedelta

from platone.dashboard.domain.proof_example import certified_readings, paid_lines
from platone.kernel.market_time import MarketDay
from platone.messages.ledger import CertificationState
from platone.messages.registry import Measurement
from platone.messages.settlement import FlexibilitySettlement, MeasuredPower

NOON = datetime(2021, 6, 23, 10, tzinfo=UTC)


def reading(quarters: int, name: str, pod: str = "IT001E00000001") -> Measurement:
    return Measurement(
        pod_id=pod,
        start_time=NOON + quarters * timedelta(minutes=15),
        duration_minutes=15,
        energy_wh=1000,
        quality="measured",
        device="0x" + "00" * 20,
        sequence=quarters,
        certification_id=name,
        certification_hash="0" * 64,
        received_at=NOON,
    )


def state(name: str, status: str = "CONFIRMED", owner: str = "MDA") -> CertificationState:
    return CertificationState(id=name, owner=owner, status=status, hashed_data="0" * 64)


def test_the_latest_lines_that_were_paid_are_proposed() -> None:
    """The day began at midnight in Rome: quarter-hour 50 of it is 12:30."""
    lines = [
        MeasuredPower(
            index=str(48 + place),
            requested_p=1.0,
            measured_p=1.0,
            baseline_p=0.0,
            price_p=0.1,
            paid_p=0.1,
            penalty_p=0.0,
            request_player_id="DSO",
            offer_player_id="ACEAE",
            line_id=None if place == 1 else f"line-{place}",
        )
        for place in range(5)
    ]
    parts = [FlexibilitySettlement(pod="IT001E00000001", power=lines)]
    found = paid_lines(parts, MarketDay.holding(NOON, "Europe/Rome"))
    assert [each.id for each in found] == ["line-4", "line-3", "line-2"]
    assert found[2].at == NOON + timedelta(minutes=30)
    assert {(each.kind, each.owner) for each in found} == {("payment", "")}


def test_the_latest_certified_readings_are_proposed_one_of_each_record() -> None:
    measured = [reading(place, f"r{place // 2}") for place in range(10)]
    states = [state(f"r{place}") for place in range(5)]
    found = certified_readings(measured, states)
    assert [(each.id, each.at) for each in found] == [
        ("r4", NOON + 9 * timedelta(minutes=15)),
        ("r3", NOON + 7 * timedelta(minutes=15)),
        ("r2", NOON + 5 * timedelta(minutes=15)),
    ]


def test_what_is_not_certified_or_not_shown_is_not_proposed() -> None:
    measured = [reading(0, "seen"), reading(1, "pending"), reading(2, "foreign")]
    states = [state("seen", owner="OTHER"), state("pending", "PENDING")]
    (one,) = certified_readings(measured, states)
    assert (one.kind, one.id, one.owner, one.pod) == ("reading", "seen", "OTHER", "IT001E00000001")
    assert certified_readings([], []) == []
