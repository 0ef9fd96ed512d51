"""The chain's file: what was sealed is found again, and what was altered is refused by name."""

import os
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from platone.kernel.clock import SimulatedClock
from platone.kernel.signature import SigningKey
from platone.ledger.adapters.evm.audit import audit_chain
from platone.ledger.adapters.evm.chain import Chain, Intent
from platone.ledger.adapters.evm.deployment import deploy
from platone.ledger.adapters.evm.sealer import LocalSealer
from platone.ledger.adapters.evm.store import BlockStore
from platone.ledger.adapters.evm.view import call_data
from platone.ledger.domain.header import Header
from platone.ledger.domain.problem import BlockTampered, TransactionRefused

ANCHOR = "anchor(bytes32,bytes32,uint256)"
CHAIN_ID = 864300
SEALER = SigningKey(b"\x01" * 32)
NOW = datetime(2021, 6, 23, 10, 0, tzinfo=UTC)


def anchor(bench: Any, times: int) -> list[Any]:
    at = bench.at.certification
    return [
        bench.send(bench.operator, at, ANCHOR, os.urandom(32), bytes(32), 1) for _ in range(times)
    ]


@pytest.fixture(scope="module")
def original(contracts: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sealed")
    store = BlockStore(folder / "chain.db")
    chain = Chain(store, LocalSealer(SEALER), SimulatedClock(NOW, 0), CHAIN_ID)
    chain.open()
    operator = SigningKey(b"\x02" * 32)
    at = deploy(chain, contracts, operator, SigningKey(b"\x03" * 32))
    for number in (1, 2, 3):
        data = call_data(ANCHOR, (number.to_bytes(32), bytes(32), 1))
        chain.append([Intent(operator, at.certification, data)])
    store.close()
    return folder


@pytest.fixture
def sealed(original: Path, tmp_path: Path) -> Path:
    """A file of five blocks: genesis, contracts, and three anchors."""
    return Path(shutil.copytree(original, tmp_path / "chain"))


def flip(folder: Path, table: str, column: str, where: str, position: int) -> None:
    """Flip one bit of a stored value."""
    connection = sqlite3.connect(folder / "chain.db")
    query = f"SELECT {column} FROM {table} WHERE {where}"  # noqa: S608 - the test's own words
    altered = bytearray(connection.execute(query).fetchone()[0])
    altered[position % len(altered)] ^= 4
    change = f"UPDATE {table} SET {column} = ? WHERE {where}"  # noqa: S608
    connection.execute(change, (bytes(altered),))
    connection.commit()
    connection.close()


TAMPERED = [
    (table, column, number, position)
    for table, column in (
        ("block", "header"),
        ("block", "seal"),
        ("block", "hash"),
        ("entry", "content"),
        ("entry", "receipt"),
        ("entry", "hash"),
    )
    for number in (1, 3)
    for position in (0, 40, -1)
]


@pytest.mark.parametrize(("table", "column", "number", "position"), TAMPERED)
def test_a_flipped_bit_is_found(
    sealed: Path, make_bench: Any, table: str, column: str, number: int, position: int
) -> None:
    where = f"number = {number}" + (" AND position = 0" if table == "entry" else "")
    flip(sealed, table, column, where, position)
    with pytest.raises(BlockTampered) as refusal:
        make_bench(sealed)
    assert refusal.value.fields["block"] in {number, number + 1}


@pytest.mark.parametrize(("table", "column", "number"), [each[:3] for each in TAMPERED[::3]])
@pytest.mark.parametrize("value", ["CAST(x'ff00' AS TEXT)", "7", "2.5"])
def test_a_value_of_another_type_is_found(
    sealed: Path, make_bench: Any, table: str, column: str, number: int, value: str
) -> None:
    connection = sqlite3.connect(sealed / "chain.db")
    only = f"number = {number}" + (" AND position = 0" if table == "entry" else "")
    connection.execute(f"UPDATE {table} SET {column} = {value} WHERE {only}")  # noqa: S608
    connection.commit()
    connection.close()
    with pytest.raises(BlockTampered):
        make_bench(sealed)


@pytest.mark.parametrize("offset", range(0, 28, 7))
def test_a_flipped_bit_of_the_state_is_found(sealed: Path, make_bench: Any, offset: int) -> None:
    where = f"hash = (SELECT hash FROM node ORDER BY hash LIMIT 1 OFFSET {offset})"  # noqa: S608
    flip(sealed, "node", "content", where, offset)
    with pytest.raises(BlockTampered, match="node of its state"):
        make_bench(sealed)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("DELETE FROM block WHERE number = 2", "missing"),
        ("DELETE FROM block WHERE number = 4", "missing"),
        ("DELETE FROM entry WHERE number = 3", "transactions are not"),
        ("DELETE FROM node", "state root is missing"),
        ("UPDATE entry SET position = 99 WHERE number = 1 AND position = 0", "transactions"),
        (
            "INSERT INTO entry SELECT 2, 1, x'00', content, receipt FROM entry WHERE number = 3",
            "transactions are not",
        ),
    ],
)
def test_missing_and_added_parts_are_found(
    sealed: Path, make_bench: Any, change: str, says: str
) -> None:
    connection = sqlite3.connect(sealed / "chain.db")
    connection.execute(change)
    connection.commit()
    connection.close()
    with pytest.raises(BlockTampered, match=says):
        make_bench(sealed)


def test_another_sealer_is_refused(sealed: Path) -> None:
    store = BlockStore(sealed / "chain.db")
    chain = Chain(store, LocalSealer(SigningKey()), SimulatedClock(NOW, 0), CHAIN_ID)
    with pytest.raises(BlockTampered, match="does not name the sealer"):
        chain.open()
    store.close()


def test_another_chain_is_refused(sealed: Path) -> None:
    store = BlockStore(sealed / "chain.db")
    sealer = LocalSealer(SEALER)
    with pytest.raises(BlockTampered, match="it begins chain 'platone 864300', not 'platone 1'"):
        Chain(store, sealer, SimulatedClock(NOW, 0), 1).open()
    store.close()


def test_audit_finds_what_the_sealer_itself_forged(bench: Any, tmp_path: Path) -> None:
    """A sealer can seal a state that its transactions do not lead to: only execution shows it."""
    anchor(bench, 2)
    assert audit_chain(bench.store, CHAIN_ID) == 4
    block = bench.store.head()
    header = block.decoded_header
    earlier = bench.store.by_number(1).decoded_header
    values = {name: getattr(header, name) for name in Header.__slots__}
    forged = Header(**(values | {"state_root": earlier.state_root}))
    connection = sqlite3.connect(tmp_path / "chain.db")
    connection.execute(
        "UPDATE block SET header = ?, hash = ?, seal = ? WHERE number = ?",
        (forged.encode(), forged.hash, bench.sealer.seal(forged.hash), block.number),
    )
    connection.commit()
    connection.close()
    bench.chain.open()
    with pytest.raises(BlockTampered, match="gives another state"):
        audit_chain(bench.store, CHAIN_ID)


def test_everything_is_there_again(sealed: Path, make_bench: Any) -> None:
    reopened = make_bench(sealed)
    assert reopened.chain.head.number == 4
    assert audit_chain(reopened.store, CHAIN_ID) == 5
    anchor(reopened, 1)
    assert reopened.chain.head.number == 5


def test_time_always_goes_forward(bench: Any) -> None:
    anchor(bench, 3)
    times = [block.decoded_header.timestamp for block in bench.store.blocks()]
    assert times == list(range(times[0], times[0] + 5))


def test_one_bad_transaction_leaves_no_block(bench: Any) -> None:
    good = Intent(bench.operator, bench.at.certification, b"")
    head = bench.chain.head.number
    with pytest.raises(TransactionRefused, match="no room"):
        bench.chain.append([good, Intent(bench.operator, b"", b"", gas=2_000_000_000)])
    with pytest.raises(TransactionRefused, match="not valid"):
        bench.chain.append([Intent(bench.operator, b"\x01" * 20, b"\x01" * 100, gas=21_000)])
    assert bench.chain.head.number == head


def test_a_reverted_transaction_has_a_failed_receipt(bench: Any) -> None:
    outcome = bench.send(bench.stranger, bench.at.certification, ANCHOR, bytes(32), bytes(32), 1)
    assert not outcome.succeeded
    assert outcome.gas_used < 100_000
    assert bench.store.place(outcome.transaction) == (outcome.block, 0)
    assert audit_chain(bench.store, CHAIN_ID) == bench.chain.head.number + 1
