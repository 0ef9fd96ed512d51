"""Calls of the agreement contract: an agreement, and entries of its lines."""

from typing import Any

from platone.kernel.signature import SigningKey
from platone.ledger.domain.event import AgreementSettled, read_event

AGGREGATOR, CUSTOMER = SigningKey(b"\x21" * 32), SigningKey(b"\x22" * 32)
DSO, TSO = SigningKey(b"\x23" * 32), SigningKey(b"\x24" * 32)
AGREEMENT, BATCH, LINES_ROOT = b"\x66" * 32, b"\x01" * 32, b"\x77" * 32
MAKE = "make_agreement(bytes32,address,address,uint256,uint256,uint256,uint256)"
SETTLE = (
    "settle(bytes32,(bytes32,uint256,uint256,bytes32,uint256,uint256,uint256,uint256)[],"
    "(address,int256)[])"
)
EUR = 10**12
"""1e-12 EUR in a euro."""
TRADED_AT = 1_624_368_600
"""The day-ahead gate of the Italian day, 22 June 2021, 15:30 in Rome, in Unix seconds."""


def entry(first: int, count: int = 1, **changes: Any) -> tuple[object, ...]:
    """An entry of lines that earn 14 EUR together."""
    values = {
        "agreement": AGREEMENT,
        "first_line": first,
        "count": count,
        "root": LINES_ROOT,
        "paid": 14 * EUR,
        "owed": 0,
        "relieved": 0,
        "traded_at": TRADED_AT,
    } | changes
    return tuple(values.values())


def agree(bench: Any, sender: SigningKey = AGGREGATOR, **changes: Any) -> Any:
    values = {
        "id": AGREEMENT,
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
    *entries: tuple[object, ...],
    sender: SigningKey | None = None,
    charges: dict[str, int] | None = None,
) -> Any:
    """Settle entries; unless told otherwise the DSO is charged for all of them."""
    sender = sender or bench.operator
    if charges is None:
        charges = {
            DSO.address: sum(
                int(str(each[4])) - int(str(each[5])) + int(str(each[6])) for each in entries
            )
        }
        charges = {each: amount for each, amount in charges.items() if 0 < abs(amount) < 2**255}
    listed = list(charges.items())
    return bench.send(sender, bench.at.agreement, SETTLE, BATCH, list(entries), listed)


def charged(bench: Any, requester: SigningKey = DSO) -> int:
    return int(bench.ask(bench.at.agreement, "charged(address)", (requester.address,), "int256"))


def events_of(outcome: Any) -> list[AgreementSettled]:
    """The entries that a call settled."""
    found = (read_event(log) for log in outcome.logs)
    return [event for event in found if isinstance(event, AgreementSettled)]


def next_line(bench: Any, agreement: bytes = AGREEMENT) -> int:
    return int(bench.ask(bench.at.agreement, "next_line(bytes32)", (agreement,), "uint256"))


def owed(bench: Any) -> int:
    return int(bench.ask(bench.at.agreement, "owed(bytes32)", (AGREEMENT,), "uint256"))
