"""The rules that sessions recorded for their settlement, each read once.

They stand in a session's recording, of 68 MB where 10,000 points of delivery offer all day, and are
asked for with each part of its outcome.
"""

from platone.market.domain.outcome_part import whole_name
from platone.market.records.unit import MarketRecords
from platone.messages.clearing import SettlementRules

_MOST_OUTCOMES = 200
"""Outcomes whose rules are kept, some 200 kB: those of a week of all kinds of sessions."""


class RecordedRules:
    """The rules of settlement, which never change once a session has recorded them.

    Args:
        records: The market's records.
    """

    def __init__(self, records: MarketRecords) -> None:
        self._records = records
        self._known: dict[str, SettlementRules] = {}

    async def of(self, outcome_id: str) -> SettlementRules:
        """Return the rules that an outcome is settled by; where its recording is erased, defaults.

        Args:
            outcome_id: The outcome, or a part of it, which is settled by the same.
        """
        whole = whole_name(outcome_id)
        if whole in self._known:
            return self._known[whole]
        async with self._records.reading() as unit:
            found = await unit.outcomes.settlement_rules(whole)
        if found is None:
            return SettlementRules()
        if len(self._known) >= _MOST_OUTCOMES:
            self._known.clear()
        self._known[whole] = found
        return found
