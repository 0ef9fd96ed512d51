"""Events of any age are found by the index, as a reading of all blocks finds them, and by pages."""

import contextlib
import itertools
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from platone.kernel.clock import SimulatedClock
from platone.kernel.signature import SigningKey
from platone.ledger.adapters.evm.chain import Chain
from platone.ledger.adapters.evm.log_search import MAX_LOG_BLOCKS, MAX_LOGS
from platone.ledger.adapters.evm.reads import ChainReads
from platone.ledger.adapters.evm.sealer import LocalSealer
from platone.ledger.adapters.evm.store import Block, BlockStore
from platone.ledger.domain.header import Header
from platone.ledger.domain.problem import RpcError
from platone.ledger.domain.receipt import Log, Receipt, bloom_of
from platone.ledger.domain.transaction import Transaction

CHAIN_ID = 864300
KEY = SigningKey(b"\x01" * 32)
CONTRACTS = [bytes([number]) * 20 for number in (1, 2)]
NAMES = [bytes([number]) * 32 for number in (3, 4, 5)]
ABOUT = [bytes([number]) * 32 for number in range(10, 20)]


def events_of(number: int) -> list[Log]:
    """One event in three blocks of four, of different contracts, names and subjects."""
    if number % 4 == 0:
        return []
    topics = (NAMES[number % 2], ABOUT[number % 10], NAMES[2])
    return [Log(CONTRACTS[number % 11 % 2], topics[: 1 + number % 3], b"")]


def append(store: BlockStore, parent: Header, logs: list[Log], nonce: int) -> Header:
    receipt = Receipt(True, 21_000, tuple(logs))  # noqa: FBT003 - its first field
    values = {name: getattr(parent, name) for name in Header.__slots__}
    header = Header(
        **values
        | {
            "number": parent.number + 1,
            "parent_hash": parent.hash,
            "timestamp": parent.timestamp + 1,
            "bloom": bloom_of(logs),
        }
    )
    body = Transaction(chain_id=CHAIN_ID, nonce=nonce, gas=21_000, to=bytes(20), data=b"")
    block = Block(
        header.number, header.hash, header.encode(), b"", (body.sign(KEY).encode(),),
        (receipt.encode(),),
    )  # fmt: skip
    store.insert(block, {})
    return header


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlockStore]:
    """A chain of 30,001 blocks, three times as many as one request may read."""
    store = BlockStore(tmp_path_factory.mktemp("events") / "chain.db")
    now = datetime(2021, 6, 23, tzinfo=UTC)
    chain = Chain(store, LocalSealer(KEY), SimulatedClock(now, 0), CHAIN_ID)
    chain.open()
    head = chain.head
    with store.whole():
        for number in range(1, 30_001):
            head = append(store, head, events_of(number), number)
    yield store
    store.close()


@pytest.fixture(scope="module")
def get_logs(store: BlockStore) -> Any:
    return ChainReads(store, CHAIN_ID, "test").methods()["eth_getLogs"]


def numbers(found: Any) -> list[int]:
    return [int(each["blockNumber"], 16) for each in found]


def octets(value: bytes) -> str:
    return "0x" + value.hex()


def expected(addresses: list[bytes], topics: list[list[bytes]], first: int, last: int) -> list[int]:
    """By the words of Ethereum's specification, over all events of the range."""
    return [
        number
        for number in range(first, last + 1)
        for log in events_of(number)
        if (not addresses or log.address in addresses)
        and len(log.topics) >= len(topics)
        and all(
            not wanted or has in wanted for wanted, has in zip(topics, log.topics, strict=False)
        )
    ]


FILTERS: list[tuple[list[bytes], list[list[bytes]]]] = [
    (addresses, topics)
    for addresses, topics in itertools.product(
        ([], CONTRACTS[:1], CONTRACTS),
        ([], [NAMES[:1]], [[], ABOUT[3:4]], [NAMES[:2], ABOUT[1:6]], [[], [], NAMES[2:]], [ABOUT]),
    )
]


@pytest.mark.parametrize(("addresses", "topics"), FILTERS)
def test_the_index_finds_what_a_reading_of_all_blocks_finds(
    get_logs: Any, addresses: list[bytes], topics: list[list[bytes]]
) -> None:
    request = {
        "fromBlock": hex(1_234),
        "toBlock": hex(9_876),
        "address": [octets(each) for each in addresses],
        "topics": [[octets(each) for each in some] or None for some in topics],
    }
    assert numbers(get_logs(request)) == expected(addresses, topics, 1_234, 9_876)


def test_a_rare_event_is_found_in_a_chain_of_any_length(get_logs: Any) -> None:
    """ABOUT[4] is in a tenth of 30,000 blocks: fewer than one request may read."""
    found = get_logs({"fromBlock": "earliest", "topics": [None, octets(ABOUT[4])]})
    assert numbers(found) == expected([], [[], [ABOUT[4]]], 0, 30_000)


@pytest.mark.parametrize(
    "asked", [{}, {"address": octets(CONTRACTS[0])}, {"topics": [[octets(each) for each in NAMES]]}]
)
def test_pages_that_the_refusal_names_hold_every_event_once(get_logs: Any, asked: Any) -> None:
    found, first = [], 0
    while True:
        span = {"fromBlock": hex(first), "toBlock": "latest"}
        try:
            found += get_logs(asked | span)
            break
        except RpcError as error:
            refusal = error
        assert refusal.code == -32005
        data: Any = refusal.data
        assert f"[{data['from']}, {data['to']}]" in refusal.message
        assert int(data["from"], 16) == first
        page = get_logs(asked | {"fromBlock": data["from"], "toBlock": data["to"]})
        assert len(page) <= MAX_LOGS
        found += page
        first = int(data["to"], 16) + 1
    addresses = CONTRACTS[:1] if "address" in asked else []
    assert numbers(found) == expected(addresses, [], 0, 30_000)
    if not asked:
        assert first == MAX_LOG_BLOCKS * 3


def test_a_file_of_an_earlier_version_is_indexed_at_its_first_opening(tmp_path: Path) -> None:
    file = tmp_path / "chain.db"
    store = BlockStore(file)
    clock = SimulatedClock(datetime(2021, 6, 23, tzinfo=UTC), 0)
    Chain(store, LocalSealer(KEY), clock, CHAIN_ID).open()
    with store.whole():
        first = store.head()
        assert first is not None
        head = first.decoded_header
        for number in range(1, 6):
            head = append(store, head, events_of(number), number)
    store.close()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "CREATE TABLE event_place (topic BLOB NOT NULL, number INTEGER NOT NULL, "
            "PRIMARY KEY (topic, number)) WITHOUT ROWID; DROP TABLE event_key"
        )
    reading = BlockStore(file, read_only=True)  # as one looks into a copy of an old folder
    assert [block.number for block in reading.with_event(ABOUT[2])] == [2]
    assert [block.number for block in reading.with_event(ABOUT[4])] == []
    reading.close()
    store = BlockStore(file)
    store.index_events()
    found = ChainReads(store, CHAIN_ID, "test").get_logs({"fromBlock": "0x0"})
    assert numbers(found) == [1, 2, 3, 5]
    assert [block.number for block in store.with_event(ABOUT[2])] == [2]
    store.index_events()
    store.close()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert "event_place" not in names
