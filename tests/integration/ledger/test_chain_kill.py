"""kill -9 at random moments: nothing acknowledged is lost, and the file opens again."""

import random
import subprocess
import sys
import time
from pathlib import Path

from platone.kernel.clock import SystemClock
from platone.kernel.signature import SigningKey
from platone.ledger.adapters.evm.audit import audit_chain
from platone.ledger.adapters.evm.chain import Chain
from platone.ledger.adapters.evm.sealer import LocalSealer
from platone.ledger.adapters.evm.store import BlockStore

WRITER = """
import sys
from pathlib import Path
from platone.kernel.clock import SystemClock
from platone.kernel.signature import SigningKey
from platone.ledger.adapters.evm.chain import Chain, Intent
from platone.ledger.adapters.evm.sealer import LocalSealer
from platone.ledger.adapters.evm.store import BlockStore

store = BlockStore(Path(sys.argv[1]))
chain = Chain(store, LocalSealer(SigningKey(bytes([1]) * 32)), SystemClock(), 1)
chain.open()
print("open", flush=True)
sender = SigningKey(bytes([2]) * 32)
while True:
    # Creates a contract of one byte: new state in every block.
    code = bytes.fromhex("6000600053600160006000f0600160006000f300")
    outcomes = chain.append([Intent(sender, b"", code, gas=200_000)] * 3)
    print(outcomes[-1].block, outcomes[-1].transaction.hex(), flush=True)
"""


def acknowledged_until_killed(file: Path, after_s: float) -> list[tuple[int, bytes]]:
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    first = process.stdout.readline()  # on a slow machine it may take its time
    time.sleep(after_s)
    process.kill()
    lines = [first, *process.stdout.read().splitlines()]
    process.stdout.close()
    process.wait()
    whole = [line.split() for line in lines if len(line) > 66]
    return [(int(number), bytes.fromhex(digest)) for number, digest in whole]


def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    moments = random.Random()  # noqa: S311 - other moments at every run
    file = tmp_path / "chain.db"
    acknowledged: list[tuple[int, bytes]] = []
    for _ in range(3):
        acknowledged += acknowledged_until_killed(file, moments.uniform(0.02, 0.25))
    assert acknowledged
    store = BlockStore(file)
    chain = Chain(store, LocalSealer(SigningKey(b"\x01" * 32)), SystemClock(), 1)
    chain.open()
    for number, digest in acknowledged:
        assert store.place(digest) == (number, 2)
    assert chain.head.number >= acknowledged[-1][0]
    assert audit_chain(store, 1) == chain.head.number + 1
    store.close()
