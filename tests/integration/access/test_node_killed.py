"""A Light Node that is killed (kill -9) again and again."""

import asyncio
import random
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

_SCRIPT = Path(__file__).with_name("node_process.py")
_LIVES, _PER_LIFE = 4, 15
_COUNT = _LIVES * _PER_LIFE
_PATIENCE_S = 30.0


async def test_killed_node_loses_and_doubles_nothing(field_: Any, profile: Any) -> None:
    node = await field_.enrolled(profile(1))
    chance, told = random.Random(7), field_.partners.measurements  # noqa: S311
    for life in range(_LIVES):
        readings = (life + 1) * _PER_LIFE
        # Killed when so many have come, and not after a time: a fast machine is no exception.
        enough = readings if life == _LIVES - 1 else len(told) + chance.randint(1, 4)
        process = await asyncio.create_subprocess_exec(
            sys.executable, _SCRIPT, field_.folder / "node", str(readings)
        )
        try:
            await field_.until(lambda enough=enough: len(told) >= enough, _PATIENCE_S)
        finally:
            process.send_signal(signal.SIGKILL)
            await process.wait()
    assert [it["energyWh"] for it in told] == list(range(_COUNT))
    sequences = [it["sequence"] for it in told]
    assert sequences == list(range(sequences[0], sequences[0] + _COUNT))
    with sqlite3.connect(field_.folder / "access.db") as records:
        stored = records.execute("SELECT count(*), count(DISTINCT sequence) FROM messages")
        assert stored.fetchone() == (_COUNT, _COUNT)
        assert records.execute("SELECT count(*) FROM dead_letters").fetchone() == (0,)
    records.close()
    assert {it["device"] for it in told} == {node.address}
