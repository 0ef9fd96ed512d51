"""Terms, disputes and payments are read as they are typed; what cannot be meant is named."""

import pytest

from platone.dashboard.domain.money_form import (
    month_in,
    read_answer,
    read_closing,
    read_opening,
    read_order,
    read_payment,
    read_terms,
)
from platone.dashboard.domain.problem import FieldWrong, all_reasons

TERMS = {"pod": " IT001E00000071", "share": "72,5", "penalty": "0.1", "least": "60", "full": "90"}


def test_terms_are_exact_whole_numbers_of_the_contract() -> None:
    made = read_terms(TERMS, "ACEAE")
    assert (made.pod, made.aggregator_id) == ("IT001E00000071", "ACEAE")
    assert (made.customer_share_ppm, made.penalty_price) == (725_000, 100_000)
    assert (made.least_delivery_ppm, made.full_delivery_ppm) == (600_000, 900_000)


def test_all_that_is_wrong_with_terms_is_told() -> None:
    with pytest.raises(FieldWrong) as told:
        read_terms(TERMS | {"share": "much", "full": "nan"}, "ACEAE")
    assert all_reasons(told.value) == [
        "The customer's part is no number.",
        "Full delivery is no number.",
    ]
    with pytest.raises(FieldWrong, match="customerSharePpm"):
        read_terms(TERMS | {"share": "100.1"}, "ACEAE")
    with pytest.raises(FieldWrong, match="pod"):
        read_terms(TERMS | {"pod": "a b"}, "ACEAE")


@pytest.mark.parametrize(
    ("typed", "amount"), [("12,30", "12.30"), ("-7", "-7"), (" 0.005 ", "0.005"), ("1E2", "100")]
)
def test_a_payment_keeps_its_digits(typed: str, amount: str) -> None:
    form = {"reference": "CRO-1", "role": "requester", "party": "DSO", "amount": typed}
    assert read_payment(form).amount == amount


@pytest.mark.parametrize("amount", ["", "much", "NaN", "Infinity", "1e99"])
def test_what_is_no_amount_is_no_payment(amount: str) -> None:
    form = {"reference": "CRO-1", "role": "requester", "party": "DSO", "amount": amount}
    with pytest.raises(FieldWrong):
        read_payment(form)


def test_a_dispute_needs_a_reason_that_there_is() -> None:
    form = {"id": "d-1", "line": "l-1", "reason": "measurement", "text": "It stood still."}
    assert read_opening(form).line_id == "l-1"
    for wrong in ({"reason": "mood"}, {"line": ""}, {"text": " "}):
        with pytest.raises(FieldWrong):
            read_opening(form | wrong)
    with pytest.raises(FieldWrong, match="outcome"):
        read_closing({"outcome": "draw", "text": "Well."})


@pytest.mark.parametrize("month", ["", "2021", "2021-13", "2021-00", "06-2021", "2021-06-01"])
def test_a_month_is_a_month(month: str) -> None:
    with pytest.raises(FieldWrong):
        month_in({"month": month})


def test_what_is_typed_around_a_text_is_left_out() -> None:
    assert read_answer({"text": " It was off. "}).text == "It was off."
    closed = read_closing({"outcome": "upheld", "text": " Yes. "})
    assert (closed.outcome.value, closed.text, closed.awaits) == ("upheld", "Yes.", None)
    for awaited in ("readings", "amends"):
        closed = read_closing({"outcome": f"upheld-{awaited}", "text": "Yes."})
        assert closed.awaits is not None
        assert (closed.outcome.value, closed.awaits.value) == ("upheld", awaited)
    assert read_order({"month": " 2021-12 "}).month == "2021-12"


def test_a_payment_is_read_whole() -> None:
    form = {"reference": " CRO-1 ", "role": "requester", "party": " DSO ", "amount": "1,5"}
    paid = read_payment(form)
    assert (paid.payment_id, paid.role, paid.party_id, paid.amount) == (
        "CRO-1",
        "requester",
        "DSO",
        "1.5",
    )
    with pytest.raises(FieldWrong, match=r"^Amount is no number\.$"):
        read_payment(form | {"amount": "1.5 EUR"})
