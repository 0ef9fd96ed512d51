"""The sums of a party's lines by counterparty, which are set off against each other."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.ledger.domain.books import AccountRole
from platone.ledger.records.amount_sum import amount_sum, summed
from platone.ledger.records.leg import Party, leg
from platone.ledger.records.table import account, book_entry


@dataclass(frozen=True, slots=True)
class PairSum:
    """The sums between a party and one counterparty, 1e-18 EUR."""

    counterparty: str
    earned: int
    owed: int


async def sums_by_counterparty(
    connection: AsyncConnection, party: Party, chosen: ColumnElement[bool]
) -> list[PairSum]:
    """Return the sums of a party's chosen legs by counterparty.

    The counterparty of a requester is the aggregator, that of all others is the requester.
    """
    other = account.alias("other")
    side = "second" if party.role == AccountRole.REQUESTER.value else "first"
    is_owed = leg.c.micro < 0  # an amount is whole millionths, rounded down, and a rest
    query = (
        select(other.c.party, is_owed, *amount_sum(leg.c.micro, leg.c.rest))
        .join(account, account.c.id == leg.c.account_id)
        .join(book_entry, book_entry.c.id == leg.c.entry_id)
        .join(other, other.c.id == book_entry.c[f"{side}_account"])
        .where(party.owns(), chosen)
        .group_by(other.c.party, is_owed)
    )
    sums: dict[str, list[int]] = {}
    for name, owes, *parts in await connection.execute(query):
        sums.setdefault(name, [0, 0])[bool(owes)] += abs(summed(parts))
    return [PairSum(name, earned, owed) for name, (earned, owed) in sorted(sums.items())]
