"""The sum beside an entry of the books: whoever computes it comes to the entry's amount."""

from fractions import Fraction

import pytest

from platone.dashboard.domain.statement_line import sum_of
from platone.messages.books import BookLine

from .test_payment_story import worth


def entry(amount: str, paid: str | None, penalty: str = "0", **told: object) -> BookLine:
    base: dict[str, object] = {
        "entry": 1,
        "kind": "line",
        "reference": "trade/0",
        "month": "2021-06",
        "posted_at": "2021-06-24T00:00:00Z",
        "delivered_kwh": "34.320554",
        "price": "0.07",
        "customer_share_ppm": 800_000,
    }
    return BookLine(amount=amount, paid=paid, penalty=penalty, **(base | told))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "amount", "told"),
    [  # of the field test (D5.5): 34.320554 kWh at 0.07 EUR/kWh, four fifths of it the customer's
        ("requester", "-2.40243878", "\u2212(34.320554 kWh \u00d7 0.07 €/kWh)"),
        ("customer", "1.921951024", "80 % \u00d7 (34.320554 kWh \u00d7 0.07 €/kWh)"),
        ("aggregator", "0.480487756", "20 % \u00d7 (34.320554 kWh \u00d7 0.07 €/kWh)"),
    ],
)
def test_each_party_computes_its_part_of_the_field_test(role: str, amount: str, told: str) -> None:
    line = entry(amount, "2.40243878")
    assert sum_of(line, role) == told
    assert worth(told) == Fraction(amount)


def test_a_penalty_is_taken_off_before_it_is_shared() -> None:
    """Of 2 kWh at 7 EUR/kWh, 14 EUR, less 4 EUR: 10 EUR, of which 8 are the customer's."""
    line = entry("8", "14", "4", delivered_kwh="2", price="7")
    told = sum_of(line, "customer")
    assert told == "80 % \u00d7 (2.00 kWh \u00d7 7.00 €/kWh \u2212 4.00 €)"
    assert worth(told) == 8


def test_a_penalty_beyond_what_is_paid_is_the_aggregators_alone() -> None:
    line = entry("-6", "14", "20", delivered_kwh="2", price="7")
    assert worth(sum_of(line, "aggregator")) == -6
    assert worth(sum_of(line, "requester")) == 6
    assert sum_of(line, "customer") == ""


def test_what_thresholds_leave_stands_for_energy_and_price() -> None:
    line = entry("0.8", "1", delivered_kwh="2", price="7")
    assert sum_of(line, "customer") == "80 % \u00d7 (1.00 €)"


def test_reactive_energy_has_its_unit_and_languages_their_comma() -> None:
    line = entry("0.1", "0.125", delivered_kwh="2.5", price="0.05", reactive=True)
    assert sum_of(line, "customer", "de") == "80 % \u00d7 (2,50 kvarh \u00d7 0,05 €/kvarh)"


def test_a_correction_and_an_unpaid_line_have_no_sum() -> None:
    assert sum_of(entry("1", "1", corrects="trade/0"), "customer") == ""
    assert sum_of(entry("1", None), "customer") == ""
    assert sum_of(entry("1", "1", customer_share_ppm=None), "aggregator") == ""


def test_a_penalty_as_high_as_the_payment_leaves_nothing_to_share() -> None:
    line = entry("0", "14", "14", delivered_kwh="2", price="7")
    assert sum_of(line, "aggregator") == "(2.00 kWh \u00d7 7.00 €/kWh \u2212 14.00 €)"
    assert sum_of(line, "customer") == ""


def test_a_payment_without_its_energy_stands_for_itself() -> None:
    line = entry("0.8", "1", delivered_kwh=None, price=None)
    assert sum_of(line, "customer") == "80 % \u00d7 (1.00 €)"
