"""A Light Node that is killed (kill -9) again and again."""

import asyncio
import random
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

_SCRIPT = Path(__file__).with_name("node_process.py")
_COUNT = 60


async def test_killed_node_loses_and_doubles_nothing(field_: Any, profile: Any) -> None:
    node = await field_.enrolled(profile(1))
    chance, told = random.Random(7), field_.partners.measurements  # noqa: S311
    kills = 0
    while len(told) < _COUNT:
        process = await asyncio.create_subprocess_exec(
            sys.executable, _SCRIPT, field_.folder / "node", str(_COUNT)
        )
        try:
            life_s = 1.0 + chance.uniform(0.0, 0.4) if kills < 4 else 20.0
            await field_.until(lambda: len(told) >= _COUNT, life_s)
        except TimeoutError:
            kills += 1
        finally:
            process.send_signal(signal.SIGKILL)
            await process.wait()
    assert kills >= 2, "it was too quick to be killed"
    assert [it["energyWh"] for it in told] == list(range(_COUNT))
    sequences = [it["sequence"] for it in told]
    assert sequences == list(range(sequences[0], sequences[0] + _COUNT))
    with sqlite3.connect(field_.folder / "access.db") as records:
        stored = records.execute("SELECT count(*), count(DISTINCT sequence) FROM messages")
        assert stored.fetchone() == (_COUNT, _COUNT)
        assert records.execute("SELECT count(*) FROM dead_letters").fetchone() == (0,)
    records.close()
    assert {it["device"] for it in told} == {node.address}
