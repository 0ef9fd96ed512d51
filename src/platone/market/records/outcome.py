"""Outcomes as they are stored."""

from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Row, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.market.domain.clearing import ClearedSession
from platone.market.domain.problem import RecordingErased, UnknownOutcome
from platone.market.records.table import outcome
from platone.messages.market import RecordedSession
from platone.messages.outcome import MarketOutcome, TechnicalOutcome, ValidatedOutcome

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredOutcome:
    """An outcome with the answers to it so far."""

    session_id: str
    market: MarketOutcome
    technical: TechnicalOutcome | None
    validated: ValidatedOutcome | None


class OutcomeRecords:
    """The stored outcomes, within one transaction.

    Args:
        connection: The transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, session_id: str, cleared: ClearedSession) -> None:
        """Store a cleared session with all that it was cleared from."""
        await self._connection.execute(
            insert(outcome).values(
                id=cleared.name,
                session_id=session_id,
                recording=cleared.recording,
                market=cleared.document,
            )
        )

    async def get(self, outcome_id: str) -> StoredOutcome:
        """Return one outcome, by its own identifier or its session's; raises UnknownOutcome."""
        row = await self._row(
            outcome_id,
            outcome.c.session_id,
            outcome.c.market,
            outcome.c.technical,
            outcome.c.validated,
        )
        return StoredOutcome(
            session_id=row.session_id,
            market=msgspec.json.decode(row.market, type=MarketOutcome),
            technical=_decode(row.technical, TechnicalOutcome),
            validated=_decode(row.validated, ValidatedOutcome),
        )

    async def recording(self, outcome_id: str) -> RecordedSession:
        """Return the inputs that an outcome was cleared from.

        Raises:
            UnknownOutcome: There is none.
            RecordingErased: A person who took part was erased.
        """
        row = await self._row(outcome_id, outcome.c.recording)
        if not row.recording:
            raise RecordingErased(f"The recording of {outcome_id} was erased.")
        return msgspec.json.decode(row.recording, type=RecordedSession)

    async def set_validated(
        self, technical: TechnicalOutcome | None, final: ValidatedOutcome
    ) -> None:
        """Store what the grid said, and the final trades."""
        await self._connection.execute(
            update(outcome)
            .where(outcome.c.id == final.market_outcome)
            .values(
                technical=None if technical is None else msgspec.json.encode(technical),
                validated=msgspec.json.encode(final),
            )
        )

    async def _row(self, outcome_id: str, *columns: ColumnElement[Any]) -> Row[Any]:
        query = select(*columns).where(
            or_(outcome.c.id == outcome_id, outcome.c.session_id == outcome_id)
        )
        row = (await self._connection.execute(query)).first()
        if row is None:
            raise UnknownOutcome(f"There is no outcome {outcome_id}.", marketOutcome=outcome_id)
        return row


def _decode(document: bytes | None, kind: type[T]) -> T | None:
    return None if document is None else msgspec.json.decode(document, type=kind)
