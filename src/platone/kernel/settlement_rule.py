"""The worth of a trade once its delivery is measured, in exact integers.

The rule is that of UFTP (Shapeshifter). With ``change`` = what was measured below the reference
for a trade that reduces, above it for one that raises:

    delivered  = change, but at least 0 and at most ordered
    deficiency = ordered - change where that is positive, else 0
    net        = price * delivered - penalty price * deficiency

Where nothing is ordered, nothing can be delivered or missing, whatever was measured.

Energy is in millionths of a kWh and prices are in millionths of EUR/kWh, so amounts are whole
numbers of 1e-12 EUR; a share in parts per million of one is a whole number of 1e-18 tokens
(1 token = 1 EUR). Nothing is rounded, so nothing is lost or made. The market, the ledger and the
verifier use this module; the agreement contract is told sums of net amounts, and shares them by
the same shares (docs/decisions/0024).
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
    """The parts of a line, in 1e-18 tokens; ``customer + aggregator - owed`` is its net.

    Attributes:
        customer: To the customer's wallet.
        aggregator: To the aggregator's account.
        owed: By the aggregator, where the net is negative.
    """

    customer: int
    aggregator: int
    owed: int


def direction_of(ordered: int) -> int:
    """Return the direction of an ordered change: 1 to reduce (a negative one), -1 to raise."""
    return REDUCE if ordered < 0 else RAISE


def settle_line(
    *, reference: int, ordered: int, measured: int, price: int, penalty_price: int
) -> LineAmounts:
    """Apply the rule to one trade in one quarter-hour.

    Args:
        reference: Energy that the change counts from, millionths of a kWh, load convention.
        ordered: Ordered change, millionths of a kWh; negative: consume less.
        measured: Measured energy, millionths of a kWh, load convention.
        price: Millionths of EUR/kWh.
        penalty_price: Millionths of EUR/kWh of deficiency.
    """
    if ordered == 0:
        return LineAmounts(delivered=0, deficiency=0, paid=0, penalty=0)
    change = direction_of(ordered) * (reference - measured)
    delivered = min(max(change, 0), abs(ordered))
    deficiency = max(abs(ordered) - change, 0)
    return LineAmounts(
        delivered=delivered,
        deficiency=deficiency,
        paid=price * delivered,
        penalty=penalty_price * deficiency,
    )


def share_net(net: int, customer_share_ppm: int) -> Shares:
    """Part a net amount between customer and aggregator; a negative one the aggregator owes.

    Args:
        net: 1e-12 EUR.
        customer_share_ppm: The customer's share of what is earned, parts per million.
    """
    if net < 0:
        return Shares(customer=0, aggregator=0, owed=-net * ATTO_PER_PICO)
    customer = net * ATTO_PER_PICO * customer_share_ppm // WHOLE_PPM
    return Shares(customer=customer, aggregator=net * ATTO_PER_PICO - customer, owed=0)
