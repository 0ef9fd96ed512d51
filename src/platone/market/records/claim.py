"""The quarter-hours of points of delivery that are offered in sessions, as they are stored."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.among import among
from platone.infra.db import chunks
from platone.infra.insertion import Insertion
from platone.market.records.table import offered

_INSERT = Insertion(offered)
_FIND = select(offered).where(
    offered.c.session_id == bindparam("session"), among(offered.c.pod_id, "pods")
)


class Claim(NamedTuple):
    """The quarter-hours of a PoD that an offer takes in a session.

    Attributes:
        session_id: The session.
        pod_id: The PoD.
        player_id: Who offers.
        service_id: The offer.
        quarter_hours: A bit for each index.
    """

    session_id: str
    pod_id: str
    player_id: str
    service_id: str
    quarter_hours: int


class ClaimRecords:
    """The stored claims, within one transaction.

    Args:
        connection: The transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, wanted: Mapping[str, Collection[str]]) -> list[Claim]:
        """Return the claims on PoDs of sessions.

        Args:
            wanted: The PoDs, by session.
        """
        found = []
        for session_id, pods in wanted.items():
            for chunk in chunks(pods):
                asked = {"session": session_id, "pods": chunk}
                rows = (await self._connection.execute(_FIND, asked)).all()
                found += [_claim(*row) for row in rows]
        return found

    async def add(self, claims: Iterable[Claim]) -> None:
        """Store claims on quarter-hours of PoDs."""
        await _INSERT(self._connection, ((*its[:-1], _bytes(its.quarter_hours)) for its in claims))


def _bytes(quarter_hours: int) -> bytes:
    return quarter_hours.to_bytes((quarter_hours.bit_length() + 7) // 8, "little")


def _claim(
    session_id: str, pod_id: str, player_id: str, service_id: str, quarter_hours: bytes
) -> Claim:
    bits = int.from_bytes(quarter_hours, "little")
    return Claim(session_id, pod_id, player_id, service_id, bits)
