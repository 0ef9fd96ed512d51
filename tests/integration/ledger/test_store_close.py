"""The chain's file is closed while a thread still reads it: the thread is told, nothing breaks."""

import sqlite3
import threading
from pathlib import Path

from platone.ledger.adapters.evm.store import BlockStore

_TIMES = 100
"""Closings: without the lock some of the first dozens end the process."""


def test_a_reading_thread_is_told_that_the_file_is_closed(tmp_path: Path) -> None:
    told: list[str] = []

    def read(store: BlockStore, begun: threading.Event) -> None:
        try:
            while True:
                store.node(b"none")
                begun.set()
        except sqlite3.ProgrammingError as error:
            told.append(str(error))

    for _ in range(_TIMES):
        store, begun = BlockStore(tmp_path / "chain.db"), threading.Event()
        thread = threading.Thread(target=read, args=(store, begun))
        thread.start()
        begun.wait(10)
        store.close()
        thread.join(10)
    assert told == ["Cannot operate on a closed database."] * _TIMES
