"""The arithmetic of the books, beside decimal and the calendar of the standard library."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.ledger.domain.books import (
    AccountName,
    AccountRole,
    DocumentKind,
    join_amount,
    kind_of,
    legs_of_line,
    month_of,
    payable_cents,
    split_amount,
    whole_cents,
)
from platone.ledger.service.books import atto, euro
from platone.messages.ledger import PaidLine

AMOUNTS = st.integers(-(10**30), 10**30)
CUSTOMER = AccountName(AccountRole.CUSTOMER, "C", "POD1")


@given(*(st.integers(0, 10**30) for _ in range(4)))
def test_a_line_books_to_zero(customer: int, aggregator: int, owed: int, relieved: int) -> None:
    paid = PaidLine(
        line_id="x",
        customer_tokens=customer,
        aggregator_tokens=aggregator,
        owed=owed,
        relieved=relieved,
    )
    requester, seller, buyer = legs_of_line(paid, "DSO", "ACEAE", CUSTOMER)
    assert requester.amount + seller.amount + buyer.amount == 0
    assert (seller.amount, buyer.amount) == (aggregator - owed + relieved, customer)
    assert (requester.account.party, seller.account.party) == ("DSO", "ACEAE")


@given(AMOUNTS)
def test_amounts_are_kept_to_the_last_digit(amount: int) -> None:
    micro, rest = split_amount(amount)
    assert 0 <= rest < 10**12
    assert join_amount(micro, rest) == amount
    with localcontext(prec=80):
        assert Decimal(euro(amount)) == Decimal(amount) / 10**18
    assert atto(euro(amount)) == amount


@given(AMOUNTS)
def test_cents_are_those_of_decimal(amount: int) -> None:
    with localcontext(prec=80):
        exact = Decimal(amount).scaleb(-16)
        assert whole_cents(amount) == int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))


@pytest.mark.parametrize(("halves", "cents"), [(1, 0), (3, 2), (5, 2), (-1, 0), (-3, -2)])
def test_ties_go_to_the_even_cent(halves: int, cents: int) -> None:
    assert whole_cents(halves * 10**16 // 2) == cents


@given(st.lists(AMOUNTS, min_size=1, max_size=20))
def test_rounding_never_adds_up(amounts: list[int]) -> None:
    """After any number of documents what was billed is within half a cent of what is owed."""
    billed = cents = 0
    for amount in amounts:
        cents += payable_cents(amount, billed, cents)
        billed += amount
        assert abs(cents * 10**16 - billed) * 2 <= 10**16


@pytest.mark.parametrize(
    ("instant", "zone", "month"),
    [
        ("2021-06-30T21:59:59", "Europe/Rome", "2021-06"),
        ("2021-06-30T22:00:00", "Europe/Rome", "2021-07"),
        ("2021-12-31T23:00:00", "Europe/Rome", "2022-01"),
        ("2021-12-31T23:00:00", "UTC", "2021-12"),
        ("2021-07-01T03:30:00", "America/New_York", "2021-06"),
    ],
)
def test_months_are_those_of_the_zone(instant: str, zone: str, month: str) -> None:
    assert month_of(datetime.fromisoformat(instant).replace(tzinfo=UTC), zone) == month


@pytest.mark.parametrize(
    ("amount", "first", "kind"),
    [
        (-1, None, "invoice"),
        (0, None, "invoice"),
        (1, None, "selfBilling"),
        (-1, "invoice", "invoice"),
        (1, "invoice", "creditNote"),
        (0, "invoice", "invoice"),
        (1, "selfBilling", "selfBilling"),
        (-1, "selfBilling", "creditNote"),
        (0, "selfBilling", "selfBilling"),
    ],
)
def test_a_correction_in_the_other_direction_is_a_credit_note(
    amount: int, first: str | None, kind: str
) -> None:
    assert kind_of(amount, None if first is None else DocumentKind(first)).value == kind
