"""What a settlement line comes to: the same rule, in the same integers, as the contract has it.

UFTP (Shapeshifter): with change = direction * (baseline - measured), load convention,

    delivered  = change clipped to 0 .. ordered
    deficiency = ordered - change where that is positive, else 0
    net        = price * delivered - penalty price * deficiency

Energy is in 1e-6 kWh, prices in 1e-6 EUR/kWh, so amounts are in 1e-12 EUR: 1e6 of 1e-18 token.
"""

from dataclasses import dataclass

from platone.messages.base import Identifier, Message
from platone.messages.ledger import SettlementLine

WHOLE_PPM = 1_000_000
TOKENS = 1_000_000
"""1e-18 token in 1e-12 EUR."""

REDUCE = 1
RAISE = -1


class SettledLine(Message):
    """What is kept of a line that was settled; its salted hash stands in the contract's event.

    Attributes:
        settlement_id: The settlement it belongs to.
        agreement_id: The agreement on the contract, 32 bytes in hexadecimal.
        customer_share_ppm: The agreement's customer share, parts per million.
        penalty_price: The agreement's penalty price, 1e-6 EUR/kWh.
        line: The line as the market operator sent it.
    """

    settlement_id: Identifier
    agreement_id: str
    customer_share_ppm: int
    penalty_price: int
    line: SettlementLine


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a line comes to.

    Attributes:
        delivered: Delivered change, 1e-6 kWh, magnitude.
        deficiency: Missing change, 1e-6 kWh, magnitude.
        paid: For what was delivered, 1e-18 token; negative where the price is.
        penalty: For what is missing, 1e-18 token.
        customer_tokens: To the customer, 1e-18 token.
        aggregator_tokens: To the aggregator, 1e-18 token.
        owed: By the aggregator, where the net is negative, 1e-18 token.
    """

    delivered: int
    deficiency: int
    paid: int
    penalty: int
    customer_tokens: int
    aggregator_tokens: int
    owed: int

    @property
    def net(self) -> int:
        """Paid less penalty, 1e-12 EUR."""
        return (self.paid - self.penalty) // TOKENS


def direction(line: SettlementLine) -> int:
    """1 where less consumption was ordered (a negative change), -1 where more was."""
    return REDUCE if line.ordered < 0 else RAISE


def settle(line: SettlementLine, customer_share_ppm: int, penalty_price: int) -> Amounts:
    """Apply the rule to a line under an agreement's terms."""
    ordered = abs(line.ordered)
    change = direction(line) * (line.baseline - line.measured)
    delivered = min(max(change, 0), ordered)
    deficiency = max(ordered - change, 0)
    paid = line.price * delivered * TOKENS
    penalty = penalty_price * deficiency * TOKENS
    gain = max(paid - penalty, 0)
    customer = gain * customer_share_ppm // WHOLE_PPM
    return Amounts(
        delivered, deficiency, paid, penalty, customer, gain - customer, max(penalty - paid, 0)
    )
