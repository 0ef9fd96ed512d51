"""The value that a proof shows, in units that people use: kWh, euro, tokens."""

import msgspec

from platone.kernel.decimal_text import decimal_text
from platone.ledger.domain.proof import Claims, Payment
from platone.ledger.domain.settlement import SettledLine
from platone.messages.ledger import SettlementLine
from platone.messages.metering import Reading, ReadingBatch, SignedMessage

_WH_DECIMALS = 3
"""Decimals of a kWh that a Wh stands for."""
_MICRO_DECIMALS = 6
"""Decimals that energies of lines, 1e-6 kWh, and prices, 1e-6 EUR/kWh, are counted in."""
_PICO_DECIMALS = 12
"""Decimals of a euro that amounts of lines are counted in."""
TOKEN_DECIMALS = 18
"""Decimals of the token (ERC-20)."""


def shown_values(claims: Claims, content: str) -> list[str]:
    """Return the values in a proven text, a line each: readings, or a settlement and its payment.

    Args:
        claims: What the proof shows.
        content: The text; of other texts nothing is said.
    """
    if claims.payment is not None:
        return _say_line(msgspec.json.decode(content, type=SettledLine), claims.payment)
    if claims.device is None:
        return []
    try:
        message = msgspec.json.decode(content, type=SignedMessage)
        batch = msgspec.json.decode(message.payload, type=ReadingBatch)
    except (msgspec.DecodeError, RecursionError):
        return []
    return [_say_reading(reading) for reading in batch.readings]


def say_payment(payment: Payment, line: SettlementLine) -> str:
    """Return in words what a line comes to by the rule."""
    unit = _unit(line)
    return (
        f"Computed again: {_kwh(payment.delivered)} {unit} delivered, {_kwh(payment.deficiency)} "
        f"{unit} missing; {_tokens(payment.customer_tokens)} tokens to the customer, "
        f"{_tokens(payment.aggregator_tokens)} to the aggregator."
    )


def say_total(payment: Payment) -> str:
    """Return in words what all lines of an entry come to, as the contract was told."""
    total = payment.total
    return (
        f"All {total.count} lines from number {total.first_line} come to the "
        f"{_tokens(total.customer_tokens)} tokens that the customer's wallet got and the "
        f"{_tokens(total.aggregator_tokens)} of the aggregator; {_eur(total.owed)} EUR are owed"
        + (f", {_eur(total.relieved)} EUR no more." if total.relieved else ".")
    )


def _say_reading(reading: Reading) -> str:
    energy = decimal_text(reading.energy_wh, _WH_DECIMALS)
    return (
        f"{reading.pod_id}, {reading.duration_minutes} minutes from "
        f"{reading.start_time.isoformat()}: {energy} kWh withdrawn ({reading.quality})"
    )


def _unit(line: SettlementLine) -> str:
    """Return the unit of a line's energies."""
    return "kvarh" if line.reactive else "kWh"


def _say_line(settled: SettledLine, payment: Payment) -> list[str]:
    line = settled.line
    unit = _unit(line)
    energies = (
        f"reference {_kwh(line.baseline)} {unit}, ordered change {_kwh(line.ordered)} {unit}, "
        f"measured {_kwh(line.measured)} {unit}"
    )
    worth = (
        f"{_kwh(payment.delivered)} {unit} delivered at {_price(line.price)} EUR/{unit}, "
        f"{_kwh(payment.deficiency)} {unit} missing at {_price(payment.penalty_price)} EUR/{unit}: "
        f"{_eur(payment.net)} EUR{_say_thresholds(payment)}"
    )
    tokens = (
        f"to the customer {_tokens(payment.customer_tokens)} tokens, "
        f"to the aggregator {_tokens(payment.aggregator_tokens)} tokens"
    )
    said = [f"{line.pod}, trade {line.line_id} of {line.aggregator_id}", energies, worth]
    if line.corrects is not None:
        said.append(
            f"it corrects {line.corrects}, which came to {_eur(payment.net_before)} EUR: "
            "the difference is settled"
        )
    return [*said, tokens]


def _say_thresholds(payment: Payment) -> str:
    """Return the agreement's thresholds in words; nothing where it has none."""
    least, full = payment.least_delivery_ppm, payment.full_delivery_ppm
    if full > least:
        return f" (sliding between {_percent(least)} and {_percent(full)} of what was ordered)"
    return f" (nothing is paid below {_percent(least)} of what was ordered)" if least else ""


def _percent(ppm: int) -> str:
    return f"{ppm / 10_000:g} %"


def _kwh(energy: int) -> str:
    return decimal_text(energy, _MICRO_DECIMALS)


def _price(price: int) -> str:
    return decimal_text(price, _MICRO_DECIMALS)


def _eur(amount: int) -> str:
    return decimal_text(amount, _PICO_DECIMALS)


def _tokens(amount: int) -> str:
    return decimal_text(amount, TOKEN_DECIMALS)
