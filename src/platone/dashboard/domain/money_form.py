"""Terms of an agreement, disputes and payments, as they are typed into forms."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeVar

import msgspec

from platone.dashboard.domain.problem import FieldWrong
from platone.dashboard.domain.typed import number_in
from platone.kernel.errors import Reasons
from platone.messages.base import Message
from platone.messages.books import InvoiceOrder, MoneyPayment
from platone.messages.dispute import (
    DisputeAnswer,
    DisputeClosing,
    DisputeOpening,
)
from platone.messages.ledger import AgreementTerms

M = TypeVar("M", bound=Message)

PPM_A_PERCENT = 10_000
"""Parts per million in a hundredth."""
MICRO = 1_000_000
"""Millionths of a euro per kWh in one."""
_TERMS = {
    "share": ("customerSharePpm", "The customer's part", PPM_A_PERCENT),
    "penalty": ("penaltyPrice", "Penalty", MICRO),
    "least": ("leastDeliveryPpm", "Least delivery", PPM_A_PERCENT),
    "full": ("fullDeliveryPpm", "Full delivery", PPM_A_PERCENT),
}
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def message_of(kind: type[M], told: Mapping[str, object]) -> M:
    """Return the message that the fields of a form make.

    Raises:
        FieldWrong: They make none.
    """
    try:
        return msgspec.convert(told, kind)
    except msgspec.ValidationError as error:
        raise FieldWrong(f"{error}.") from error


def read_terms(form: Mapping[str, str], party_id: str) -> AgreementTerms:
    """Return the terms that an aggregator types.

    Raises:
        FieldWrong: Fields cannot be read; all of them are told.
    """
    told: dict[str, object] = {"pod": form.get("pod", "").strip(), "aggregatorId": party_id}
    reasons = Reasons()
    for name, (wire, label, unit) in _TERMS.items():
        with reasons:
            told[wire] = round(number_in(form, name, label) * unit)
    reasons.raise_all()
    return message_of(AgreementTerms, told)


def read_opening(form: Mapping[str, str]) -> DisputeOpening:
    """Return a dispute as it is opened; raises as :func:`message_of`."""
    told = {
        "disputeId": form.get("id", ""),
        "lineId": form.get("line", "").strip(),
        "reason": form.get("reason", ""),
        "text": form.get("text", "").strip(),
    }
    return message_of(DisputeOpening, told)


def read_answer(form: Mapping[str, str]) -> DisputeAnswer:
    """Return an answer to a dispute; raises as :func:`message_of`."""
    return message_of(DisputeAnswer, {"text": form.get("text", "").strip()})


def read_closing(form: Mapping[str, str]) -> DisputeClosing:
    """Return the end of a dispute; raises as :func:`message_of`."""
    outcome, _, awaits = form.get("outcome", "").partition("-")
    told = {"outcome": outcome, "text": form.get("text", "").strip()}
    told |= {"awaits": awaits} if awaits else {}
    return message_of(DisputeClosing, told)


def month_in(form: Mapping[str, str]) -> str:
    """Return a month of a form.

    Raises:
        FieldWrong: It is none.
    """
    text = form.get("month", "").strip()
    if _MONTH.fullmatch(text) is None:
        raise FieldWrong(f"{text[:20]!r} is no month; one is 2021-06.", field="month")
    return text


def read_order(form: Mapping[str, str]) -> InvoiceOrder:
    """Return the order to bill a month; raises FieldWrong where it names none."""
    return InvoiceOrder(month=month_in(form))


def read_payment(form: Mapping[str, str]) -> MoneyPayment:
    """Return a payment as the bank's statement tells it; raises as :func:`message_of`."""
    text = form.get("amount", "").strip().replace(",", ".")
    try:
        amount = format(Decimal(text), "f")
    except InvalidOperation as error:
        raise FieldWrong("Amount is no number.", field="amount") from error
    told = {
        "paymentId": form.get("reference", "").strip(),
        "role": form.get("role", ""),
        "partyId": form.get("party", "").strip(),
        "amount": amount,
    }
    return message_of(MoneyPayment, told)
