"""The worth of a trade once its delivery is measured, in exact integers.

The rule is that of UFTP (Shapeshifter). With ``change`` = what was measured below the reference
for a trade that reduces, above it for one that raises:

    delivered  = change, but at least 0 and at most ordered
    deficiency = ordered - change where that is positive, else 0
    net        = price * delivered - penalty price * deficiency

Where nothing is ordered, nothing can be delivered or missing, whatever was measured. An agreement
may have thresholds: below the least part of what was ordered nothing is paid, and up to the full
part the payment slides (:func:`settle_line`).

Energy is in millionths of a kWh and prices are in millionths of EUR/kWh, so amounts are whole
numbers of 1e-12 EUR; a share in parts per million of one is a whole number of 1e-18 tokens
(1 token = 1 EUR). Nothing is rounded but a sliding payment, down to a whole 1e-12 EUR. The market,
the ledger and the verifier use this module; the agreement contract is told sums of net amounts, and
shares them by the same shares (docs/decisions/0024).
"""

from dataclasses import dataclass

WHOLE_PPM = 1_000_000
"""A whole, in parts per million."""
ATTO_PER_PICO = 1_000_000
"""1e-18 tokens in 1e-12 EUR; equal to a whole in ppm, so that shares come out without rounding."""

REDUCE = 1
"""The sign of a trade that orders less consumption."""
RAISE = -1
"""The sign of a trade that orders more consumption."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAmounts:
    """The amounts of one trade in one quarter-hour, as the rule has them.

    Attributes:
        delivered: Millionths of a kWh, 0 to ordered.
        deficiency: Millionths of a kWh, 0 or more.
        paid: For delivered energy, 1e-12 EUR; negative where the price is.
        penalty: For energy not delivered, 1e-12 EUR.
    """

    delivered: int
    deficiency: int
    paid: int
    penalty: int

    @property
    def net(self) -> int:
        """The amount paid less the penalty, 1e-12 EUR; negative: the aggregator owes."""
        return self.paid - self.penalty


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The parts of a line in 1e-18 tokens; customer + aggregator - owed + relieved is its net.

    Attributes:
        customer: To the customer's wallet.
        aggregator: To the aggregator's account.
        owed: By the aggregator, where the net is negative, or too much was paid before.
        relieved: Owed by the aggregator before, and no more.
    """

    customer: int
    aggregator: int
    owed: int
    relieved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The amounts by which a corrected line differs from the one before it, all 0 or more.

    Attributes:
        paid: Paid on top, shared as any payment.
        owed: Owed on top by the aggregator: what was paid too much, or a higher penalty.
        relieved: No longer owed by the aggregator.
    """

    paid: int
    owed: int
    relieved: int

    @property
    def net(self) -> int:
        """The change of the net amount, which who asked pays."""
        return self.paid - self.owed + self.relieved


def direction_of(ordered: int) -> int:
    """Return the direction of an ordered change: 1 to reduce (a negative one), -1 to raise."""
    return REDUCE if ordered < 0 else RAISE


def settle_line(
    *,
    reference: int,
    ordered: int,
    measured: int,
    price: int,
    penalty_price: int,
    least_delivery_ppm: int = 0,
    full_delivery_ppm: int = 0,
) -> LineAmounts:
    """Apply the rule to one trade in one quarter-hour.

    Args:
        reference: Energy that the change counts from, millionths of a kWh, load convention.
        ordered: Ordered change, millionths of a kWh; negative: consume less.
        measured: Measured energy, millionths of a kWh, load convention.
        price: Millionths of EUR/kWh.
        penalty_price: Millionths of EUR/kWh of deficiency.
        least_delivery_ppm: Part of what was ordered below which nothing is paid.
        full_delivery_ppm: Part from which all that was ordered is paid; between the two the
            payment slides in proportion. Not above the least part: each unit is paid.
    """
    if ordered == 0:
        return LineAmounts(delivered=0, deficiency=0, paid=0, penalty=0)
    change = direction_of(ordered) * (reference - measured)
    delivered = min(max(change, 0), abs(ordered))
    deficiency = max(abs(ordered) - change, 0)
    return LineAmounts(
        delivered=delivered,
        deficiency=deficiency,
        paid=_payment(delivered, abs(ordered), price, least_delivery_ppm, full_delivery_ppm),
        penalty=penalty_price * deficiency,
    )


def _payment(delivered: int, ordered: int, price: int, least_ppm: int, full_ppm: int) -> int:
    """Return the payment for delivered energy, 1e-12 EUR, by an agreement's thresholds."""
    beyond = delivered * WHOLE_PPM - least_ppm * ordered
    if beyond < 0:
        return 0
    if full_ppm <= least_ppm:
        return price * delivered
    if delivered * WHOLE_PPM >= full_ppm * ordered:
        return price * ordered
    return price * beyond // (full_ppm - least_ppm)


def difference_of(before: int, after: int) -> Difference:
    """Return the amounts by which a corrected net amount differs from the one before it.

    Tokens that were paid are never taken back. What was paid too much is owed by the aggregator,
    as a penalty is; what it owed and owes no more, it is relieved of. So
    ``paid - owed + relieved`` is the change of the net amount.

    Args:
        before: Net amount of the line as settled before, 1e-12 EUR.
        after: Net amount of the corrected line.
    """
    earned = max(after, 0) - max(before, 0)
    due = max(-after, 0) - max(-before, 0)
    return Difference(
        paid=max(earned, 0), owed=max(-earned, 0) + max(due, 0), relieved=max(-due, 0)
    )


def share_difference(difference: Difference, customer_share_ppm: int) -> Shares:
    """Part what is paid on top between customer and aggregator; the rest is the aggregator's.

    Args:
        difference: 1e-12 EUR.
        customer_share_ppm: The customer's share of what is earned, parts per million.
    """
    tokens = difference.paid * ATTO_PER_PICO
    customer = tokens * customer_share_ppm // WHOLE_PPM
    return Shares(
        customer=customer,
        aggregator=tokens - customer,
        owed=difference.owed * ATTO_PER_PICO,
        relieved=difference.relieved * ATTO_PER_PICO,
    )
