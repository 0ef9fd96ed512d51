"""Books: the legs of an entry, which sum to zero, and amounts to the last 1e-18 of a euro.

An account's balance is what the market owes it: positive for who earned, negative for who is to
pay. A settled line books the same amount three times: the requester pays what customer and
aggregator earn, or is due what the aggregator owes.

    requester  -(customer + aggregator)      customer  +      aggregator  + earned - owed + relieved
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from zoneinfo import ZoneInfo

from platone.messages.ledger import PaidLine

_ATTO_PER_MICRO = 10**12
"""1e-18 EUR in a millionth of a euro."""
_ATTO_PER_CENT = 10**16
"""1e-18 EUR in a cent."""
MOST_PICO = 10**12 * 10**12
"""Largest amount of a line, 1e-12 EUR: a million million euro, a ninth of what the database's
integers of 64 bits hold in millionths."""


class AccountRole(Enum):
    """The roles in which a party has an account."""

    REQUESTER = "requester"
    """A DSO or TSO, who asked and pays."""
    AGGREGATOR = "aggregator"
    """An aggregator, who sold and owes penalties."""
    CUSTOMER = "customer"
    """A customer, whose point of delivery delivered."""
    BANK = "bank"
    """The market's money, received and paid out."""


@dataclass(frozen=True, slots=True)
class AccountName:
    """The name of an account.

    Attributes:
        role: The role that the party has it in.
        party: The party.
        pod: The point of delivery of a customer's account; else empty.
    """

    role: AccountRole
    party: str
    pod: str = ""


@dataclass(frozen=True, slots=True)
class Leg:
    """An amount on an account, 1e-18 EUR."""

    account: AccountName
    amount: int


def legs_of_line(
    paid: PaidLine, requester: str, aggregator: str, customer: AccountName
) -> list[Leg]:
    """Return the legs of a settled line; they sum to zero.

    Args:
        paid: What the contract paid for it.
        requester: The DSO or TSO that asked.
        aggregator: The aggregator that offered.
        customer: The customer's account.
    """
    earned = paid.aggregator_tokens - paid.owed + paid.relieved
    return [
        Leg(AccountName(AccountRole.REQUESTER, requester), -paid.customer_tokens - earned),
        Leg(AccountName(AccountRole.AGGREGATOR, aggregator), earned),
        Leg(customer, paid.customer_tokens),
    ]


def split_amount(amount: int) -> tuple[int, int]:
    """Return an amount as whole millionths of a euro, rounded down, and the rest in 1e-18."""
    return divmod(amount, _ATTO_PER_MICRO)


def join_amount(micro: int, rest: int) -> int:
    """Return the amount of whole millionths of a euro and a rest, 1e-18 EUR."""
    return micro * _ATTO_PER_MICRO + rest


def whole_cents(amount: int) -> int:
    """Return an amount in cents, to the nearest; a tie to the even one."""
    cents, rest = divmod(amount, _ATTO_PER_CENT)
    half = _ATTO_PER_CENT // 2
    return cents + (rest > half or (rest == half and cents % 2 == 1))


def month_of(instant: datetime, zone: str) -> str:
    """Return the calendar month of an instant in a zone, as YYYY-MM."""
    return (
        instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m")
    )


class DocumentKind(Enum):
    """The kinds of what is issued to a party for a month."""

    INVOICE = "invoice"
    """The party pays."""
    SELF_BILLING = "selfBilling"
    """The market pays, and issues the invoice in the party's name."""
    CREDIT_NOTE = "creditNote"
    """A correction in the other direction than the document that it corrects."""


def kind_of(amount: int, first: DocumentKind | None) -> DocumentKind:
    """Return the kind of a document.

    Args:
        amount: What the party is owed by it, 1e-18 EUR.
        first: The kind of the month's first document of the party; none where there is none.
    """
    by_sign = DocumentKind.SELF_BILLING if amount > 0 else DocumentKind.INVOICE
    if first is None or amount == 0 or by_sign is first:
        return first if first is not None and amount == 0 else by_sign
    return DocumentKind.CREDIT_NOTE


def payable_cents(exact: int, billed_before: int, cents_before: int) -> int:
    """Return the cents that a document bills: the rounding of one is set right by the next.

    Args:
        exact: The document's amount, 1e-18 EUR.
        billed_before: The exact amounts of the party's earlier documents, together.
        cents_before: What those billed, cents.
    """
    return whole_cents(billed_before + exact) - cents_before


def is_bookable(*amounts: int) -> bool:
    """Return whether amounts of a line, 1e-12 EUR, are within what the books hold."""
    return all(abs(amount) <= MOST_PICO for amount in amounts)
