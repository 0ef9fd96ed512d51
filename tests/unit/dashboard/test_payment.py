"""The energy of a payment adds up with its rest named; tokens by day or by month."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from platone.dashboard.domain.payment import energy_of, payments_of, tokens_over_time
from platone.dashboard.domain.payment_picture import draw_energy, draw_payments
from platone.messages.portfolio import EarningLine

NOON = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
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
    assert (payment.tokens_told("it"), payment.penalty_told("el")) == ("1,92", "0,50")
    told = payment.energy_told("en")
    assert told == {"ordered": "34.41", "delivered": "27.5", "missing": "6.91", "beyond": "0"}
    assert payment.is_penalised


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
    assert "1,92" in drawn
    part = energy_of(line(measured_p=180.0))
    whole = energy_of(line())
    assert part is not None
    assert whole is not None
    assert 'class="unsold"' in draw_energy(part, "x")
    assert 'class="unsold"' not in draw_energy(whole, "x")
