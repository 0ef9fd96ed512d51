"""The energy of a payment adds up with its rest named; tokens by day or by month."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.dashboard.domain.payment import Energy, energy_of, payments_of, tokens_over_time
from platone.dashboard.domain.payment_picture import draw_energy, draw_payments
from platone.messages.portfolio import EarningLine

NOON = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
POWER = st.floats(-1e4, 1e4)


def line(start: datetime = NOON, **more: object) -> EarningLine:
    told = {
        "settlement_id": "s",
        "start_time": start,
        "index": "50",
        "status": "settled",
        "baseline_p": 70.0,
        "change_p": 137.66,
        "reference_p": 70.0,
        "measured_p": 207.66,
        "change_q": None,
        "measured_q": None,
        "paid_eur": "2.40243878",
        "penalty_eur": "0",
        "customer_tokens": "1.921951024",
        "request_player_id": "TSO",
    }
    return EarningLine(**told | more)  # type: ignore[arg-type]


@given(change=POWER.filter(bool), reference=POWER, measured=POWER)
def test_what_was_ordered_is_the_delivered_and_the_missing(
    change: float, reference: float, measured: float
) -> None:
    found = energy_of(line(change_p=change, reference_p=reference, measured_p=measured))
    assert found is not None
    assert abs(found.delivered + found.missing - abs(change) / 4) < 1e-6
    moved = (measured - reference) / 4 * (1 if change > 0 else -1)
    assert abs(found.delivered + found.beyond - found.against - moved) < 1e-6
    assert min(found.delivered, found.missing, found.beyond, found.against) >= 0


def test_of_some_payments_no_energy_is_known() -> None:
    assert energy_of(line(measured_p=None)) is None
    assert energy_of(line(change_p=None, change_q=3.0)) is None


def test_a_payment_is_told_to_the_cent_and_exactly_as_its_reader_writes() -> None:
    (payment,) = payments_of([line(measured_p=180.0, penalty_eur="0.5")])
    assert (payment.paid_told("en"), payment.paid_told("de", exactly=True)) == (
        "2.40",
        "2,40243878",
    )
    assert payment.tokens_told("it") == "1,92"
    told = payment.energy_told("en")
    assert told == {"ordered": "34.41", "delivered": "27.5", "missing": "6.91", "beyond": "0"}


def test_tokens_are_those_of_local_days() -> None:
    late = datetime(2021, 6, 22, 22, 15, tzinfo=UTC)  # a quarter past midnight in Rome
    lines = [line(), line(late), line(datetime(2021, 6, 22, 21, 45, tzinfo=UTC))]
    paid, is_by_month = tokens_over_time(payments_of(lines), "Europe/Rome")
    assert not is_by_month
    assert [(each.on, each.tokens) for each in paid] == [
        (date(2021, 6, 22), Decimal("1.921951024")),
        (date(2021, 6, 23), Decimal("3.843902048")),
    ]


def test_many_days_are_told_by_month_and_nothing_is_lost() -> None:
    lines = [line(NOON + timedelta(days=n)) for n in range(100)]
    paid, is_by_month = tokens_over_time(payments_of(lines), "Europe/Rome")
    assert is_by_month
    assert [each.on.month for each in paid] == [6, 7, 8, 9]
    assert sum(each.tokens for each in paid) == 100 * Decimal("1.921951024")


def test_pictures_have_a_bar_for_each_and_the_rest_apart() -> None:
    lines = [line(NOON + timedelta(days=n)) for n in range(5)]
    paid, _ = tokens_over_time(payments_of(lines), "Europe/Rome")
    drawn = draw_payments(paid, lambda on: f"{on.day}.", "x", "de")
    assert drawn.count('class="sold"') == 5
    assert "1,50" in drawn  # the last round number below 1.92
    part = energy_of(line(measured_p=180.0))
    whole = energy_of(line())
    assert part is not None
    assert whole is not None
    assert 'class="unsold"' in draw_energy(part, "x")
    assert 'class="unsold"' not in draw_energy(whole, "x")


@pytest.mark.parametrize(
    ("kwh", "is_told"), [(0.0, False), (0.0049, False), (0.005, True), (0.008, True)]
)
def test_a_rest_is_told_where_it_would_not_be_shown_as_nothing(
    kwh: float, *, is_told: bool
) -> None:
    energy = Energy(ordered=1.0, delivered=1.0, missing=kwh, beyond=0.0, against=0.0)
    assert (energy.is_missing, energy.is_beyond) == (is_told, False)
    energy = Energy(ordered=1.0, delivered=1.0, missing=0.0, beyond=kwh, against=0.0)
    assert (energy.is_missing, energy.is_beyond) == (False, is_told)


@pytest.mark.parametrize(
    ("change_kw", "measured_kw", "energies"),
    [
        # from 70 kW; a quarter-hour of 4 kW is 1 kWh
        (4.0, 74.0, (1.0, 1.0, 0.0, 0.0, 0.0)),
        (4.0, 76.0, (1.0, 1.0, 0.0, 0.5, 0.0)),
        (4.0, 71.0, (1.0, 0.25, 0.75, 0.0, 0.0)),
        (4.0, 68.0, (1.0, 0.0, 1.0, 0.0, 0.5)),
        (-4.0, 67.0, (1.0, 0.75, 0.25, 0.0, 0.0)),
        (-4.0, 72.0, (1.0, 0.0, 1.0, 0.0, 0.5)),
        (0.5, 70.5, (0.125, 0.125, 0.0, 0.0, 0.0)),
        (0.0, 74.0, (0.0, 0.0, 0.0, 1.0, 0.0)),
    ],
)
def test_energies_of_a_trade(
    change_kw: float, measured_kw: float, energies: tuple[float, ...]
) -> None:
    ordered, delivered, missing, beyond, against = energies
    assert energy_of(line(change_p=change_kw, measured_p=measured_kw)) == Energy(
        ordered=ordered, delivered=delivered, missing=missing, beyond=beyond, against=against
    )
    assert energy_of(line(reference_p=None)) is None


def test_a_payment_has_its_quarter_hour_and_its_state() -> None:
    paid, waiting = payments_of(
        [line(status="notPaid", penalty_eur="0.01", reference_p=None), line(NOON + QUARTER)]
    )
    assert (paid.start, paid.end) == (NOON + QUARTER, NOON + 2 * QUARTER)
    assert [each.is_settled for each in (paid, waiting)] == [True, False]
    assert waiting.energy_told("en") == {}
    assert waiting.tokens_told("en", exactly=True) == "1.921951024"
    small = payments_of([line(change_p=0.05, measured_p=70.05, penalty_eur="0.014")])[0]
    assert small.energy_told("it")["ordered"] == "0,01"


@pytest.mark.parametrize(("days", "is_by_month"), [(0, False), (61, False), (62, True), (63, True)])
def test_two_months_are_told_by_day(days: int, *, is_by_month: bool) -> None:
    """62 days from 23 June is 24 August."""
    lines = [line(NOON + timedelta(days=days)), line(), line(customer_tokens="1.5")]
    told, by_month = tokens_over_time(payments_of(lines), "Europe/Rome")
    assert by_month is is_by_month
    assert told == sorted(told, key=lambda each: each.on)
    assert sum(each.tokens for each in told) == Decimal("5.343902048")
    if is_by_month:
        assert [each.on for each in told] == [date(2021, 6, 1), date(2021, 8, 1)]


def test_without_payments_there_is_nothing_over_time() -> None:
    assert tokens_over_time([], "Europe/Rome") == ([], False)


def test_days_stand_in_order_whatever_order_payments_come_in() -> None:
    lines = payments_of([line(NOON + timedelta(days=each)) for each in (3, 90, 0, 40)])
    for order in (lines, lines[::-1]):
        assert [each.on.month for each in tokens_over_time(order, "Europe/Rome")[0]] == [6, 8, 9]
        few = [each for each in order if each.start < NOON + timedelta(days=50)]
        days = [each.on for each in tokens_over_time(few, "Europe/Rome")[0]]
        assert days == [date(2021, 6, 23), date(2021, 6, 26), date(2021, 8, 2)]
