"""A day's trades are read once, and anew when trades are added: by any worker of the market."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from platone.infra.db import Database, sqlite_url
from platone.kernel.market_time import MarketDay
from platone.market.domain.calendar import Status, day_ahead_session
from platone.market.domain.deadline import DEFAULT_DEADLINES
from platone.market.domain.delivery import DeliveryLine
from platone.market.domain.session import Session
from platone.market.records.table import metadata, outbox
from platone.market.records.unit import MarketRecords
from platone.market.service.trades_at_hand import TradesAtHand

DAY = MarketDay.holding(datetime(2021, 6, 22, 22, tzinfo=UTC), "Europe/Rome")
PLAN = day_ahead_session(DAY)
CLOSES = PLAN.gate_closes
SESSION = Session(PLAN, Status.VALIDATED, "outcome", used=True, since=CLOSES, decision_due=CLOSES)


def line(pod: str, index: int) -> DeliveryLine:
    starts = DAY.start + index * timedelta(minutes=15)
    return DeliveryLine(
        line_id=f"outcome.{pod}.{index}.0",
        outcome_id="outcome",
        pod=pod,
        index=index,
        starts=starts,
        window_start=DAY.start + index // 16 * timedelta(hours=4),
        rank=0,
        baseline_kw=5.0,
        total_kw=4.0,
        change_kw=-1.0,
        price=0.05,
        request_player_id="DSO",
        offer_player_id="AGG",
    )


async def test_trades_that_are_added_are_found_by_whoever_has_read_the_day(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "market.db"), metadata)
    await database.open()
    try:
        records = MarketRecords(database, outbox, "Europe/Rome", DEFAULT_DEADLINES)
        here, there = TradesAtHand(records), TradesAtHand(records)

        async def add(*lines: DeliveryLine) -> None:
            async with records.writing() as unit:
                await unit.settlements.add_lines(SESSION, lines)

        async def read(pods: str, day: MarketDay = DAY) -> list[dict[str, tuple[int, ...]]]:
            found = [await each.read(pods, day) for each in (here, there)]
            return [{pod: each[pod] for pod in pods} for each in found]

        assert await read("AB") == [{"A": (), "B": ()}] * 2
        await add(line("A", 95), line("A", 3), line("B", 3))
        assert await read("AB") == [{"A": (3, 95), "B": (3,)}] * 2
        assert await read("BC") == [{"B": (3,), "C": ()}] * 2
        assert await read("AB", DAY.next) == [{"A": (), "B": ()}] * 2
        await add(line("C", 0), line("A", 4))
        assert await read("ABC") == [{"A": (3, 4, 95), "B": (3,), "C": (0,)}] * 2
    finally:
        await database.close()
