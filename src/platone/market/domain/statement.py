"""The text of a settlement: its lines with their amounts, as D2.4 tables 5 to 7 have them."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from platone.kernel.decimal_text import decimal_text
from platone.kernel.settlement_rule import ATTO_PER_PICO, settle_line, share_net
from platone.market.domain.delivery import DeliveryLine, Metered
from platone.market.domain.settlement import power_of_quarter_hour
from platone.market.domain.validation import Spot
from platone.messages.ledger import AgreementTerms, PaidLine, SettlementLine
from platone.messages.recording import LineTerms
from platone.messages.settlement import FlexibilitySettlement, MeasuredPower

SETTLED, MISSING, NOT_PAID = "settled", "missingMeasurement", "notPaid"
"""The states of a line as they stand on the wire."""
_TOKEN_DECIMALS = 18
"""Decimals of the token (ERC-20)."""
_ATTO_PER_EUR = 10**_TOKEN_DECIMALS
"""Units of 1e-18 token in a euro: one token stands for one euro."""


def settlement_lines(
    lines: Iterable[DeliveryLine],
    quantities: Mapping[str, SettlementLine],
    paid: Mapping[str, PaidLine],
    metered: Mapping[Spot, Metered],
) -> list[FlexibilitySettlement]:
    """Return the lines of a settlement by PoD and quarter-hour, with what was paid for each.

    Args:
        lines: The trades.
        quantities: The exact quantities of those that were measured, by line.
        paid: What was paid for them, by line.
        metered: The measurements.
    """
    pods: dict[str, list[MeasuredPower]] = {}
    for line in sorted(lines, key=lambda each: (each.pod, each.index, each.rank)):
        told = pods.setdefault(line.pod, [])
        if line.line_id in quantities:
            quantity, reading = quantities[line.line_id], metered[line.spot]
            told.append(_measured_line(line, quantity, reading, paid.get(line.line_id)))
        else:
            told.append(_missing_line(line))
    return [FlexibilitySettlement(pod=pod, power=power) for pod, power in pods.items()]


def pay_under(quantity: SettlementLine, terms: AgreementTerms | LineTerms | None) -> PaidLine:
    """Return a line's payment by the agreement contract's rule, computed here, in 1e-18 token.

    Args:
        quantity: The line.
        terms: The agreement; without one nothing is paid.
    """
    if quantity.ordered == 0:
        return PaidLine(line_id=quantity.line_id, problem="nothing was ordered")
    if terms is None:
        return PaidLine(line_id=quantity.line_id, problem="no agreement")
    amounts = settle_line(
        reference=quantity.baseline,
        ordered=quantity.ordered,
        measured=quantity.measured,
        price=quantity.price,
        penalty_price=terms.penalty_price,
        least_delivery_ppm=terms.least_delivery_ppm,
        full_delivery_ppm=terms.full_delivery_ppm,
    )
    shares = share_net(amounts.net, terms.customer_share_ppm)
    return PaidLine(
        line_id=quantity.line_id,
        delivered=amounts.delivered,
        paid=amounts.paid * ATTO_PER_PICO,
        penalty=amounts.penalty * ATTO_PER_PICO,
        customer_tokens=shares.customer,
        aggregator_tokens=shares.aggregator,
        owed=shares.owed,
    )


def _euro(atto: int) -> float:
    """Return 1e-18 tokens, of which 1e18 stand for one euro, as euro: the nearest float."""
    return float(Fraction(atto, _ATTO_PER_EUR))


def _missing_line(line: DeliveryLine) -> MeasuredPower:
    return MeasuredPower(
        index=str(line.index),
        requested_p=line.total_kw,
        measured_p=None,
        baseline_p=line.baseline_kw,
        price_p=line.price,
        paid_p=0.0,
        penalty_p=0.0,
        request_player_id=line.request_player_id,
        offer_player_id=line.offer_player_id,
        status=MISSING,
        line_id=line.line_id,
        change_p=line.change_kw,
    )


def _measured_line(
    line: DeliveryLine, quantity: SettlementLine, reading: Metered, payment: PaidLine | None
) -> MeasuredPower:
    unpaid = payment is None or payment.problem is not None
    return MeasuredPower(
        index=str(line.index),
        requested_p=line.total_kw,
        measured_p=power_of_quarter_hour(quantity.measured),
        baseline_p=line.baseline_kw,
        price_p=line.price,
        paid_p=_euro(payment.paid) if payment else 0.0,
        penalty_p=_euro(payment.penalty) if payment else 0.0,
        request_player_id=line.request_player_id,
        offer_player_id=line.offer_player_id,
        status=NOT_PAID if unpaid else SETTLED,
        line_id=line.line_id,
        customer_tokens=None
        if unpaid or payment is None
        else decimal_text(payment.customer_tokens, _TOKEN_DECIMALS),
        certification_id=reading.certification_id,
        change_p=line.change_kw,
        reference_p=power_of_quarter_hour(quantity.baseline),
    )
