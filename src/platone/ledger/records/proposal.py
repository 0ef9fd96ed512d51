"""Proposals of agreements as they are stored."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from platone.infra.db import Database
from platone.infra.listing import Listed, Part, read_part
from platone.ledger.domain.proof import tohex
from platone.ledger.records.table import proposal
from platone.messages.ledger import AgreementProposal, AgreementTerms, ProposalState

_OPEN = ProposalState.OPEN.value


class ProposalRecords:
    """The stored proposals.

    Args:
        database: The ledger's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, terms: AgreementTerms, at: datetime) -> tuple[AgreementProposal, bool]:
        """Add a proposal, which takes the place of an open one with other terms.

        Returns:
            The open proposal of these terms, and whether it is new.
        """
        values = {name: getattr(terms, name) for name in AgreementTerms.__struct_fields__}
        is_open = (proposal.c.state == _OPEN) & (proposal.c.pod == terms.pod)
        async with self._database.transaction() as connection:
            for row in (await connection.execute(select(proposal).where(is_open))).all():
                if all(getattr(row, name) == value for name, value in values.items()):
                    return _shown(row), False
            withdrawn = update(proposal).where(is_open)
            await connection.execute(withdrawn.values(state=ProposalState.WITHDRAWN.value))
            values |= {"state": _OPEN, "proposed_s": int(at.timestamp())}
            made = await connection.execute(insert(proposal).values(**values).returning(proposal))
            return _shown(made.one()), True

    async def find(self, number: int) -> AgreementProposal | None:
        """Return a proposal; None where there is none."""
        query = select(proposal).where(proposal.c.number == number)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _shown(row)

    async def listed(
        self, part: Part, aggregator: str | None = None, pods: Collection[str] | None = None
    ) -> Listed[AgreementProposal]:
        """Return proposals of an aggregator, to points of delivery, or all; the newest first."""
        query, by = select(proposal), [proposal.c.number]
        if aggregator is not None:
            query = query.where(proposal.c.aggregator_id == aggregator)
        if pods is not None:
            query = query.where(proposal.c.pod.in_(pods))
        async with self._database.reading() as connection:
            return (await read_part(connection, query, by, part, newest_first=True)).of(_shown)

    async def pending(self) -> list[AgreementProposal]:
        """Return accepted proposals of which no agreement was made yet."""
        is_pending = proposal.c.state == ProposalState.ACCEPTED.value
        query = select(proposal).where(is_pending, proposal.c.agreement_id.is_(None))
        async with self._database.reading() as connection:
            return [_shown(row) for row in await connection.execute(query)]

    async def answer(self, number: int, state: ProposalState) -> bool:
        """Give an open proposal its last state; return False where it is not open any more."""
        is_it = (proposal.c.number == number) & (proposal.c.state == _OPEN)
        async with self._database.transaction() as connection:
            done = await connection.execute(update(proposal).where(is_it).values(state=state.value))
        return done.rowcount == 1

    async def note(self, number: int, agreement_id: str) -> None:
        """Note which agreement was made of a proposal."""
        told = bytes.fromhex(agreement_id.removeprefix("0x"))
        async with self._database.transaction() as connection:
            is_it = proposal.c.number == number
            await connection.execute(update(proposal).where(is_it).values(agreement_id=told))


def _shown(row: Row[Any]) -> AgreementProposal:
    return AgreementProposal(
        **{name: getattr(row, name) for name in AgreementTerms.__struct_fields__},
        number=row.number,
        state=ProposalState(row.state),
        proposed_at=datetime.fromtimestamp(row.proposed_s, UTC),
        agreement_id=None if row.agreement_id is None else tohex(row.agreement_id),
    )
