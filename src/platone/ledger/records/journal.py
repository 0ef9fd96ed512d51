"""The journal: entries of the books, made in the transaction that stores what they book."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import chunks
from platone.kernel.clock import Clock
from platone.ledger.domain.books import (
    AccountName,
    AccountRole,
    Leg,
    legs_of_line,
    month_of,
    split_amount,
)
from platone.ledger.records.table import LEGS, account, book_entry, wallet
from platone.messages.ledger import PaidLine, SettlementLine

LINE, PAYMENT = "line", "payment"
"""The kinds of entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLine:
    """A paid line that is to be booked.

    Attributes:
        settlement_id: Its settlement.
        position: Its place there.
        line: The line.
        paid: What was paid for it.
        agreement: The agreement's id on the contract.
        number: Its number there.
        transaction: The transaction that paid it.
    """

    settlement_id: str
    position: int
    line: SettlementLine
    paid: PaidLine
    agreement: bytes
    number: int
    transaction: bytes


@dataclass(frozen=True, slots=True)
class Journal:
    """Makes entries; the same one again changes nothing.

    Args:
        operator: The market operator's party, which pays for lines without a requester.
        zone: The market's zone, whose months count.
        clock: The market's clock.
    """

    operator: str
    zone: str
    clock: Clock

    async def book_lines(self, connection: AsyncConnection, lines: Sequence[DueLine]) -> None:
        """Book paid lines."""
        now = self.clock.now()
        customers = await _customers(connection, {each.line.pod for each in lines})
        rows = []
        for due in lines:
            line = due.line
            legs = legs_of_line(
                due.paid,
                line.requester_id or self.operator,
                line.aggregator_id,
                AccountName(AccountRole.CUSTOMER, customers.get(line.pod, line.pod), line.pod),
            )
            head = {
                "kind": LINE,
                "reference": line.line_id,
                "settlement_id": due.settlement_id,
                "position": due.position,
                "agreement_id": due.agreement,
                "number": due.number,
                "transaction_hash": due.transaction,
                "month": month_of(line.start_time or now, self.zone),
            }
            rows.append(head | await self._columns(connection, legs, now))
        await _insert_new(connection, rows)

    async def book_payment(
        self, connection: AsyncConnection, reference: str, party: AccountName, amount: int
    ) -> None:
        """Book money that was received from a party, or paid to it where it is negative."""
        now = self.clock.now()
        bank = AccountName(AccountRole.BANK, self.operator)
        head = {"kind": PAYMENT, "reference": reference, "month": month_of(now, self.zone)}
        legs = [Leg(party, amount), Leg(bank, -amount)]
        await _insert_new(connection, [head | await self._columns(connection, legs, now)])

    async def _columns(
        self, connection: AsyncConnection, legs: Sequence[Leg], now: datetime
    ) -> dict[str, object]:
        columns: dict[str, object] = {"posted_at": now.astimezone(UTC).replace(tzinfo=None)}
        for place, leg in enumerate(LEGS):
            amount = legs[place].amount if place < len(legs) else 0
            micro, rest = split_amount(amount)
            identifier = None
            if place < len(legs):
                identifier = await account_id(connection, legs[place].account)
            columns |= {f"{leg}_account": identifier, f"{leg}_micro": micro, f"{leg}_rest": rest}
        return columns


async def account_id(connection: AsyncConnection, name: AccountName) -> int:
    """Return the number of an account; it is opened where there is none yet."""
    values = {"role": name.role.value, "party": name.party, "pod": name.pod}
    chosen = [account.c[key] == value for key, value in values.items()]
    found = (await connection.execute(select(account.c.id).where(*chosen))).scalar()
    if found is None:
        made = await connection.execute(insert(account).values(**values))
        found = made.inserted_primary_key[0] if made.inserted_primary_key else None
    return int(found or 0)


async def _customers(connection: AsyncConnection, pods: Iterable[str]) -> dict[str, str]:
    """Return the customers of points of delivery, where they are known."""
    found: dict[str, str] = {}
    for part in chunks(sorted(pods)):
        query = select(wallet.c.pod, wallet.c.customer_id).where(
            wallet.c.pod.in_(part), wallet.c.customer_id.is_not(None)
        )
        found |= {row.pod: row.customer_id for row in await connection.execute(query)}
    return found


async def _insert_new(connection: AsyncConnection, rows: Sequence[dict[str, object]]) -> None:
    """Insert entries; one whose reference is booked stays as it is."""
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(book_entry)
        unique = [book_entry.c.kind, book_entry.c.reference]
        await connection.execute(statement.on_conflict_do_nothing(index_elements=unique), rows)
