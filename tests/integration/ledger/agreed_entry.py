"""Calls of the agreement contract: an agreement, and entries of its lines."""

from typing import Any

from eth_abi.abi import encode
from eth_hash.auto import keccak

from platone.kernel.signature import SigningKey
from platone.ledger.domain.event import AgreementSettled, read_event

AGGREGATOR, CUSTOMER = SigningKey(b"\x21" * 32), SigningKey(b"\x22" * 32)
DSO, TSO = SigningKey(b"\x23" * 32), SigningKey(b"\x24" * 32)
BATCH, LINES_ROOT = b"\x01" * 32, b"\x77" * 32
MAKE = "make_agreement(uint256,address,address,uint256,uint256,uint256,uint256)"
SETTLE = "settle(bytes32,uint256[],(uint256,bytes32,uint256)[],(address,int256)[])"
TAG, OTHER_TAG = 0x66, 0x67
EUR = 10**12
"""1e-12 EUR in a euro."""
TRADED_AT = 1_624_368_600
"""The day-ahead gate of the Italian day, 22 June 2021, 15:30 in Rome, in Unix seconds."""


def agreement_of(
    tag: int = TAG,
    share: int = 900_000,
    customer: str = CUSTOMER.address,
    aggregator: str = AGGREGATOR.address,
) -> bytes:
    """An agreement's id by eth_abi and keccak, as the contract's text has it."""
    holder = tag << 160 | int(customer, 16)
    words = (holder, share << 160 | int(aggregator, 16))
    return bytes(keccak(encode(["uint256", "uint256"], words)))


AGREEMENT = agreement_of()


def entry(first: int, count: int = 1, **changes: Any) -> dict[str, Any]:
    """An entry of lines that earn 14 EUR together."""
    return {
        "tag": TAG,
        "customer": CUSTOMER.address,
        "aggregator": AGGREGATOR.address,
        "share": 900_000,
        "first": first,
        "count": count,
        "root": LINES_ROOT,
        "paid": 14 * EUR,
        "owed": 0,
        "relieved": 0,
        "traded_at": TRADED_AT,
    } | changes


def payee(entry: dict[str, Any]) -> int:
    """Who is paid for an entry, and when it was traded, as the contract takes it."""
    return int(entry["traded_at"]) << 160 | int(entry["aggregator"], 16)


def packed(entry: dict[str, Any], payees: list[int]) -> tuple[object, ...]:
    """An entry as the contract takes it, each field at its place."""
    fields = [
        (entry["paid"], 84),
        (entry["owed"] or entry["relieved"], 84),
        (int(entry["relieved"] > 0), 1),
        (entry["first"], 40),
        (entry["count"], 14),
        (entry["share"], 20),
        (payees.index(payee(entry)), 8),
    ]
    word, at = 0, 0
    for value, bits in fields:
        assert value < 2**bits
        word, at = word | value << at, at + bits
    return entry["tag"] << 160 | int(entry["customer"], 16), entry["root"], word


def agree(bench: Any, sender: SigningKey = AGGREGATOR, **changes: Any) -> Any:
    values = {
        "tag": TAG,
        "aggregator": AGGREGATOR.address,
        "customer": CUSTOMER.address,
        "share": 900_000,
        "penalty": 11 * 10**6,
        "least": 0,
        "full": 0,
    } | changes
    return bench.send(sender, bench.at.agreement, MAKE, *values.values())


def settle(
    bench: Any,
    *entries: dict[str, Any],
    sender: SigningKey | None = None,
    charges: dict[str, int] | None = None,
) -> Any:
    """Settle entries; unless told otherwise the DSO is charged for all of them."""
    sender = sender or bench.operator
    if charges is None:
        net = sum(each["paid"] - each["owed"] + each["relieved"] for each in entries)
        charges = {DSO.address: net} if net else {}
    payees = list(dict.fromkeys(payee(each) for each in entries))
    called = (BATCH, payees, [packed(each, payees) for each in entries], list(charges.items()))
    return bench.send(sender, bench.at.agreement, SETTLE, *called)


def charged(bench: Any, requester: SigningKey = DSO) -> int:
    return int(bench.ask(bench.at.agreement, "charged(address)", (requester.address,), "int256"))


def events_of(outcome: Any) -> list[AgreementSettled]:
    """The entries that a call settled."""
    found = (read_event(log) for log in outcome.logs)
    return [event for event in found if isinstance(event, AgreementSettled)]


def next_line(bench: Any, agreement: bytes = AGREEMENT) -> int:
    return int(bench.ask(bench.at.agreement, "next_line(bytes32)", (agreement,), "uint256"))


def owed(bench: Any, agreement: bytes = AGREEMENT) -> int:
    return int(bench.ask(bench.at.agreement, "owed(bytes32)", (agreement,), "uint256"))
