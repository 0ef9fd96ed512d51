"""The text of a settlement: its lines with their amounts, as D2.4 tables 5 to 7 have them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from msgspec.structs import replace

from platone.kernel.decimal_text import decimal_text
from platone.kernel.settlement_rule import (
    ATTO_PER_PICO,
    LineAmounts,
    difference_of,
    settle_line,
    share_difference,
)
from platone.market.domain.delivery import DeliveryLine
from platone.market.domain.metering import Metered
from platone.market.domain.settlement import power_of_quarter_hour
from platone.market.domain.settlement_column import integers, settle_columns
from platone.messages.ledger import AgreementTerms, PaidLine, SettlementLine
from platone.messages.recording import LineTerms
from platone.messages.settlement import (
    FlexibilitySettlement,
    LineVersion,
    MeasuredPower,
    SettledQuantities,
    SettledTerms,
)

SETTLED, MISSING, NOT_PAID = "settled", "missingMeasurement", "notPaid"
"""The states of a line as they stand on the wire."""
_TOKEN_DECIMALS = 18
"""Decimals of the token (ERC-20)."""
_ATTO_PER_EUR = 10**_TOKEN_DECIMALS
"""Units of 1e-18 token in a euro: one token stands for one euro."""


@dataclass(frozen=True, slots=True)
class PaidVersion:
    """A version of a line that was paid.

    Attributes:
        settlement_id: The settlement that paid it.
        quantity: What was ordered to be paid.
        payment: What the ledger made of it.
    """

    settlement_id: str
    quantity: SettlementLine
    payment: PaidLine

    @property
    def net(self) -> int:
        """The amount that the line came to, 1e-18 EUR."""
        return self.payment.paid - self.payment.penalty


def settlement_lines(
    lines: Iterable[DeliveryLine],
    quantities: Mapping[str, SettlementLine],
    paid: Mapping[str, PaidLine],
    metered: Mapping[str, Metered],
    earlier: Mapping[str, Sequence[PaidVersion]] = MappingProxyType({}),
) -> list[FlexibilitySettlement]:
    """Return the lines of a settlement by PoD and quarter-hour, with what was paid for each.

    Args:
        lines: The trades.
        quantities: The exact quantities of those that were measured, by trade.
        paid: What was paid for them, by trade.
        metered: The measurements, by trade.
        earlier: The versions that were paid before, by trade.
    """
    pods: dict[str, list[MeasuredPower]] = {}
    for line in sorted(lines, key=lambda each: (each.pod, each.index, each.rank)):
        told = pods.setdefault(line.pod, [])
        key = line.line_id
        if key in quantities:
            versions = earlier.get(key, ())
            told.append(
                _measured_line(line, quantities[key], metered[key], paid.get(key), versions)
            )
        else:
            told.append(_missing_line(line))
    return [FlexibilitySettlement(pod=pod, power=power) for pod, power in pods.items()]


def pay_under(
    quantity: SettlementLine, terms: AgreementTerms | LineTerms | None, before: int = 0
) -> PaidLine:
    """Return a line's payment by the agreement contract's rule, computed here, in 1e-18 token.

    Args:
        quantity: The line.
        terms: The agreement; without one nothing is paid.
        before: What the version before it came to, 1e-12 EUR.
    """
    problem = _unpayable(quantity, terms)
    if problem is not None or terms is None:
        return PaidLine(line_id=quantity.line_id, problem=problem)
    amounts = settle_line(
        reference=quantity.baseline,
        ordered=quantity.ordered,
        measured=quantity.measured,
        price=quantity.price,
        penalty_price=terms.penalty_price,
        least_delivery_ppm=terms.least_delivery_ppm,
        full_delivery_ppm=terms.full_delivery_ppm,
    )
    return _paid(quantity.line_id, terms, before, amounts)


def pay_all(
    quantities: Sequence[SettlementLine],
    terms: Sequence[AgreementTerms | LineTerms | None],
    before: Sequence[int],
) -> list[PaidLine]:
    """Return the payments of many lines, each as :func:`pay_under` has it."""
    known = list(zip(quantities, terms, before, strict=True))
    payable = [(line, under) for line, under, _ in known if under and line.ordered]
    columns = settle_columns(
        reference=integers([line.baseline for line, _ in payable]),
        ordered=integers([line.ordered for line, _ in payable]),
        measured=integers([line.measured for line, _ in payable]),
        price=integers([line.price for line, _ in payable]),
        penalty_price=integers([under.penalty_price for _, under in payable]),
        least_delivery_ppm=integers([under.least_delivery_ppm for _, under in payable]),
        full_delivery_ppm=integers([under.full_delivery_ppm for _, under in payable]),
    )
    amounts = columns.rows()
    return [
        _paid(line.line_id, under, earlier, next(amounts))
        if under and line.ordered
        else PaidLine(line_id=line.line_id, problem=_unpayable(line, under))
        for line, under, earlier in known
    ]


def _unpayable(quantity: SettlementLine, terms: AgreementTerms | LineTerms | None) -> str | None:
    """Return why a line is not paid; None where it is."""
    if quantity.ordered == 0:
        return "nothing was ordered"
    return "no agreement" if terms is None else None


def _paid(
    line_id: str, terms: AgreementTerms | LineTerms, before: int, amounts: LineAmounts
) -> PaidLine:
    shares = share_difference(difference_of(before, amounts.net), terms.customer_share_ppm)
    return PaidLine(
        line_id=line_id,
        delivered=amounts.delivered,
        paid=amounts.paid * ATTO_PER_PICO,
        penalty=amounts.penalty * ATTO_PER_PICO,
        customer_tokens=shares.customer,
        aggregator_tokens=shares.aggregator,
        owed=shares.owed,
        relieved=shares.relieved,
        customer_share_ppm=terms.customer_share_ppm,
        penalty_price=terms.penalty_price,
        least_delivery_ppm=terms.least_delivery_ppm,
        full_delivery_ppm=terms.full_delivery_ppm,
        agreement_id=terms.agreement_id if isinstance(terms, LineTerms) else None,
    )


def _euro(atto: int) -> float:
    """Return 1e-18 tokens, of which 1e18 stand for one euro, as euro: the nearest float."""
    # a quotient of whole numbers is rounded once, also of those beyond a float
    return float(atto / _ATTO_PER_EUR)


def _missing_line(line: DeliveryLine) -> MeasuredPower:
    return _of_kind(
        line,
        MeasuredPower(
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
        ),
    )


def _of_kind(line: DeliveryLine, told: MeasuredPower) -> MeasuredPower:
    """Return a line that was told as one of active power as what it is."""
    if not line.reactive:
        return told
    return replace(
        told,
        requested_p=0.0,
        measured_p=None,
        baseline_p=0.0,
        price_p=0.0,
        paid_p=0.0,
        penalty_p=0.0,
        change_p=None,
        reference_p=None,
        baseline=None,
        requested_q=told.requested_p,
        measured_q=told.measured_p,
        paid_q=told.paid_p,
        penalty_q=told.penalty_p,
        baseline_q=told.baseline_p,
        price_q=told.price_p,
        change_q=told.change_p,
        reference_q=told.reference_p,
    )


def _measured_line(
    line: DeliveryLine,
    quantity: SettlementLine,
    metered: Metered,
    payment: PaidLine | None,
    earlier: Sequence[PaidVersion],
) -> MeasuredPower:
    unpaid = payment is None or payment.problem is not None
    all_paid = [*(each.payment for each in earlier), *([payment] if payment else ())]
    tokens = sum(each.customer_tokens for each in all_paid)
    told = MeasuredPower(
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
        line_id=quantity.line_id,
        customer_tokens=None if unpaid else decimal_text(tokens, _TOKEN_DECIMALS),
        certification_id=metered.certification_id,
        change_p=line.change_kw,
        reference_p=power_of_quarter_hour(quantity.baseline),
        measured_q=None
        if metered.reactive_energy is None
        else power_of_quarter_hour(metered.reactive_energy),
        quality=metered.quality,
        baseline=metered.baseline,
        version=len(earlier) + 1,
        versions=tuple(_told_version(number, each) for number, each in enumerate(earlier, 1)),
        quantities=_told_quantities(quantity, None if unpaid else payment),
        terms=None if unpaid else _told_terms(payment),
    )
    return _of_kind(line, told)


def _told_quantities(quantity: SettlementLine, payment: PaidLine | None) -> SettledQuantities:
    return SettledQuantities(
        reference=quantity.baseline,
        ordered=quantity.ordered,
        measured=quantity.measured,
        price=quantity.price,
        delivered=None if payment is None else payment.delivered,
    )


def _told_terms(payment: PaidLine | None) -> SettledTerms | None:
    if payment is None or payment.customer_share_ppm is None or payment.penalty_price is None:
        return None
    return SettledTerms(
        agreement_id=payment.agreement_id,
        customer_share_ppm=payment.customer_share_ppm,
        penalty_price=payment.penalty_price,
        least_delivery_ppm=payment.least_delivery_ppm,
        full_delivery_ppm=payment.full_delivery_ppm,
    )


def _told_version(number: int, version: PaidVersion) -> LineVersion:
    return LineVersion(
        version=number,
        line_id=version.quantity.line_id,
        settlement_id=version.settlement_id,
        measured_p=power_of_quarter_hour(version.quantity.measured),
        net=_euro(version.net),
        quantities=_told_quantities(version.quantity, version.payment),
    )
