"""What a settlement says of reactive power, of several versions, and of what is missing."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from platone.kernel.line_version import correction_id, version_of
from platone.market.domain.delivery import DeliveryLine
from platone.market.domain.metering import Metered
from platone.market.domain.statement import (
    PaidVersion,
    settlement_lines,
)
from platone.messages.ledger import PaidLine, SettlementLine
from platone.messages.settlement import MeasuredPower

START = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
EUR = 10**18


def line(rank: int = 0, *, reactive: bool) -> DeliveryLine:
    return DeliveryLine(
        line_id=f"l{rank}",
        outcome_id="o",
        pod="P1",
        index=50,
        starts=START,
        window_start=START,
        rank=rank,
        baseline_kw=100.0,
        total_kw=60.0,
        change_kw=-40.0,
        price=0.5,
        request_player_id="DSO",
        offer_player_id="A",
        reactive=reactive,
    )


def quantity(name: str, measured: int = 17_500_000, *, reactive: bool) -> SettlementLine:
    """A quarter-hour of 100 is 25 an hour; 70 is 17.5; the delivery is counted from 96, or 24."""
    return SettlementLine(
        line_id=name,
        pod="P1",
        aggregator_id="A",
        baseline=24_000_000,
        ordered=-10_000_000,
        measured=measured,
        price=500_000,
        reactive=reactive,
    )


PAID = PaidLine(line_id="l0", delivered=6_500_000, paid=3 * EUR, penalty=EUR, customer_tokens=EUR)


def told(*, reactive: bool, versions: tuple[PaidVersion, ...] = ()) -> MeasuredPower:
    metered = Metered(5_000_000, "r", quality="estimated", reactive_energy=17_500_000)
    (part,) = settlement_lines(
        [line(reactive=reactive)],
        {"l0": quantity("l0", reactive=reactive)},
        {"l0": PAID},
        {"l0": metered},
        {"l0": versions},
    )
    return part.power[0]


def test_a_line_of_active_power_says_nothing_of_the_other_but_what_was_measured() -> None:
    power = told(reactive=False)
    assert (power.requested_p, power.measured_p, power.baseline_p) == (60.0, 70.0, 100.0)
    assert (power.price_p, power.paid_p, power.penalty_p) == (0.5, 3.0, 1.0)
    assert (power.change_p, power.reference_p, power.measured_q) == (-40.0, 96.0, 70.0)
    assert (power.requested_q, power.paid_q, power.penalty_q) == (None, 0.0, 0.0)
    assert (power.baseline_q, power.price_q, power.change_q, power.reference_q) == (None,) * 4
    assert (power.quality, power.version, power.versions) == ("estimated", 1, ())


def test_a_line_of_reactive_power_says_the_same_in_its_own_fields() -> None:
    power = told(reactive=True)
    assert (power.requested_q, power.measured_q, power.baseline_q) == (60.0, 70.0, 100.0)
    assert (power.price_q, power.paid_q, power.penalty_q) == (0.5, 3.0, 1.0)
    assert (power.change_q, power.reference_q) == (-40.0, 96.0)
    assert (power.requested_p, power.measured_p, power.baseline_p) == (0.0, None, 0.0)
    assert (power.price_p, power.paid_p, power.penalty_p) == (0.0, 0.0, 0.0)
    assert (power.change_p, power.reference_p, power.baseline) == (None, None, None)
    assert (power.customer_tokens, power.status) == ("1", "settled")


def test_what_is_missing_has_neither_measurement_nor_payment() -> None:
    lines = [line(1, reactive=True), line(0, reactive=False)]
    (part,) = settlement_lines(lines, {}, {}, {})
    active, reactive = part.power
    assert (active.line_id, active.status, active.measured_p) == ("l0", "missingMeasurement", None)
    assert (active.requested_p, active.change_p, active.paid_p) == (60.0, -40.0, 0.0)
    assert (active.penalty_p, active.requested_q) == (0.0, None)
    assert (reactive.line_id, reactive.measured_q, reactive.change_q) == ("l1", None, -40.0)
    assert (reactive.paid_q, reactive.penalty_q, reactive.price_q) == (0.0, 0.0, 0.5)


def test_versions_are_told_with_what_each_came_to() -> None:
    earlier = tuple(
        PaidVersion(
            f"s{number}",
            quantity(f"v{number}", measured, reactive=False),
            PaidLine(line_id="l0", paid=5 * EUR, penalty=number * EUR, customer_tokens=2 * EUR),
        )
        for number, measured in ((1, 20_000_000), (2, 15_000_000))
    )
    power = told(reactive=False, versions=earlier)
    assert power.version == 3
    assert [(each.version, each.line_id, each.settlement_id) for each in power.versions] == [
        (1, "v1", "s1"),
        (2, "v2", "s2"),
    ]
    assert [(each.measured_p, each.net) for each in power.versions] == [(80.0, 4.0), (60.0, 3.0)]
    assert power.customer_tokens is not None
    assert Decimal(power.customer_tokens) == 5  # of all versions together


@pytest.mark.parametrize(
    ("name", "of", "version"),
    [
        ("o.P1.50.0", "o.P1.50.0", 1),
        ("o.P1.50.0.v2", "o.P1.50.0", 2),
        ("o.P1.50.0.v12", "o.P1.50.0", 12),
        ("o.v1.50.Q0", "o.v1.50.Q0", 1),
    ],
)
def test_a_versions_name_tells_which_it_is(name: str, of: str, version: int) -> None:
    assert version_of(name) == (of, version)
    if version > 1:
        assert correction_id(of, version) == name
