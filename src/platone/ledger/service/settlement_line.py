"""Lines of settlements as they are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from platone.kernel.canonical import canonical_json
from platone.ledger.domain.settlement import SettledLine
from platone.messages.ledger import PaidLine, SettlementLine, SettlementOrder


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line of a settlement as it is kept.

    Attributes:
        settlement_id: The settlement.
        settled: The text whose salted hash stands in the contract's event; none where the line
            was refused before it came to that.
        line: The line as it was sent.
        salt: The text's salt.
        paid: What came of it; none until then.
        transaction: The transaction that settled it.
    """

    settlement_id: str
    line: SettlementLine
    settled: SettledLine | None
    salt: bytes
    paid: PaidLine | None
    transaction: bytes | None

    @property
    def content(self) -> bytes:
        """The text that is proven."""
        return canonical_json(self.settled)


class SettlementStore(Protocol):
    """Where settlements are kept."""

    async def settlement_hash(self, settlement_id: str) -> str | None:
        """The content hash of the order that is known under an identifier."""
        ...

    async def add_settlement(
        self, order: SettlementOrder, digest: str, lines: Sequence[KeptLine], at: datetime
    ) -> None:
        """Keep an order and its lines."""
        ...

    async def save_lines(self, lines: Sequence[KeptLine]) -> None:
        """Keep what became of lines."""
        ...

    async def lines(self, settlement_id: str) -> list[KeptLine]:
        """A settlement's lines, in order."""
        ...

    async def by_transaction(self, transaction: bytes) -> list[tuple[KeptLine, datetime]]:
        """The lines that a transaction settled, and when they were ordered."""
        ...

    async def open_settlements(self) -> list[str]:
        """Settlements with lines that nothing came of yet."""
        ...

    async def standing_line(self, line_id: str) -> KeptLine | None:
        """The line of any settlement that is paid, or being paid, under an identifier."""
        ...
