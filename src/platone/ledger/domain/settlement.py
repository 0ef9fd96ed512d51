"""Settled lines, whose salted texts are the leaves of an entry, and what an entry comes to.

What a line comes to is :mod:`platone.kernel.settlement_rule`'s.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from platone.kernel.settlement_rule import (
    Difference,
    LineAmounts,
    Shares,
    difference_of,
    settle_line,
    share_difference,
)
from platone.ledger.domain.entry_word import MOST_AMOUNT
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
        least_delivery_ppm: The agreement's part below which nothing is paid, parts per million.
        full_delivery_ppm: Its part from which all that was ordered is paid.
        net_before: What the line that it corrects came to, 1e-12 EUR.
    """

    settlement_id: Identifier
    agreement_id: str
    number: int
    customer_share_ppm: int
    penalty_price: int
    line: SettlementLine
    least_delivery_ppm: int = 0
    full_delivery_ppm: int = 0
    net_before: int = 0

    def amounts(self) -> LineAmounts:
        """Return the line's amounts by the rule, under the agreement's terms."""
        return settle_line(
            reference=self.line.baseline,
            ordered=self.line.ordered,
            measured=self.line.measured,
            price=self.line.price,
            penalty_price=self.penalty_price,
            least_delivery_ppm=self.least_delivery_ppm,
            full_delivery_ppm=self.full_delivery_ppm,
        )

    def difference(self) -> Difference:
        """Return the amounts that this line settles: all of it, or its change of the one before."""
        return difference_of(self.net_before, self.amounts().net)

    def shares(self) -> Shares:
        """Return who gets and owes what of it under the agreement's share."""
        return share_difference(self.difference(), self.customer_share_ppm)


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of lines, as the contract takes it: what is paid for some is not set off by others.

    Attributes:
        paid: What is paid, 1e-12 EUR.
        owed: What the aggregator owes, 1e-12 EUR.
        relieved: What it owed before and owes no more, 1e-12 EUR.
    """

    paid: int
    owed: int
    relieved: int = 0

    def __add__(self, other: "Total") -> "Total":
        return Total(self.paid + other.paid, self.owed + other.owed, self.relieved + other.relieved)

    @property
    def is_one_entry(self) -> bool:
        """True where the contract takes the sum as one entry."""
        is_mixed = self.owed > 0 and self.relieved > 0
        return not is_mixed and max(self.paid, self.owed, self.relieved) <= MOST_AMOUNT

    @classmethod
    def of(cls, lines: Iterable[SettledLine]) -> "Total":
        """Return the sum of lines."""
        settled = [line.difference() for line in lines]
        return cls(
            sum(each.paid for each in settled),
            sum(each.owed for each in settled),
            sum(each.relieved for each in settled),
        )
