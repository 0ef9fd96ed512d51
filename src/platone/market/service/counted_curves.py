"""The baselines that count for a session, kept while its parts are settled."""

from collections.abc import Iterable

from platone.market.domain.recording import Curves
from platone.market.records.unit import MarketRecords


class CountedCurves:
    """The baselines of one session, which never change once its gate has closed.

    Args:
        records: The market's records.
    """

    def __init__(self, records: MarketRecords) -> None:
        self._records = records
        self._session = ""
        self._curves: Curves = {}

    async def of(self, session_id: str, pods: Iterable[str]) -> Curves:
        """Return the baselines of points of delivery, kW; none of one that is erased."""
        wanted = list(pods)
        if session_id != self._session:
            self._session, self._curves = session_id, {}
        unread = [pod for pod in wanted if pod not in self._curves]
        if unread:
            async with self._records.reading() as unit:
                self._curves |= await unit.baselines.counted(session_id, unread)
        return {pod: self._curves[pod] for pod in wanted if pod in self._curves}

    def let_go(self) -> list[list[float]]:
        """Forget all, once nothing is to be settled for now; return it."""
        gone = list(self._curves.values())
        self._curves = {}
        return gone
