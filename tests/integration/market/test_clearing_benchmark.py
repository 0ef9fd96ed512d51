"""The benchmark of stored orders runs on today's tables: a broken one would measure nothing."""

from benchmarks.clearing_scale import from_orders_to_outcome


async def test_stored_orders_are_cleared_by_the_benchmark() -> None:
    row = await from_orders_to_outcome(960)
    assert "960 offered quarter-hours" in row.note
