"""Settled lines, whose salted texts are the leaves of an entry, and what an entry comes to.

What a line comes to is :mod:`platone.kernel.settlement_rule`'s.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from platone.kernel.settlement_rule import LineAmounts, Shares, settle_line, share_net
from platone.messages.base import Identifier, Message
from platone.messages.ledger import SettlementLine


class SettledLine(Message):
    """A settlement line with its number and the agreement that it was settled under.

    Attributes:
        settlement_id: The settlement it belongs to.
        agreement_id: The agreement on the contract, 32 bytes in hexadecimal.
        number: Its number among the agreement's lines, from 1.
        customer_share_ppm: The agreement's customer share, parts per million.
        penalty_price: The agreement's penalty price, 1e-6 EUR/kWh.
        line: The line as the market operator sent it.
    """

    settlement_id: Identifier
    agreement_id: str
    number: int
    customer_share_ppm: int
    penalty_price: int
    line: SettlementLine

    def amounts(self) -> LineAmounts:
        """Return the line's amounts by the rule, under the agreement's penalty price."""
        return settle_line(
            reference=self.line.baseline,
            ordered=self.line.ordered,
            measured=self.line.measured,
            price=self.line.price,
            penalty_price=self.penalty_price,
        )

    def shares(self) -> Shares:
        """Return who gets what of the line's net amount under the agreement's share."""
        return share_net(self.amounts().net, self.customer_share_ppm)


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of lines, as the contract takes it: what is paid for some is not set off by others.

    Attributes:
        paid: The positive net amounts, 1e-12 EUR.
        owed: The magnitudes of the negative ones, 1e-12 EUR.
    """

    paid: int
    owed: int

    @classmethod
    def of(cls, lines: Iterable[SettledLine]) -> "Total":
        """Return the sum of lines."""
        nets = [line.amounts().net for line in lines]
        return cls(sum(net for net in nets if net > 0), sum(-net for net in nets if net < 0))
