"""A node's answers, read strictly: what has another form is as good as no answer."""

from dataclasses import dataclass
from typing import Any

from platone.ledger.domain.problem import ChainUnavailable
from platone.ledger.domain.receipt import Log


@dataclass(frozen=True, slots=True)
class NodeReceipt:
    """The receipt of a transaction, as a node has it.

    Attributes:
        transaction: The transaction's hash.
        block: The number of its block.
        block_hash: The hash of its block.
        succeeded: Whether it did what it should.
        gas_used: Its gas.
        contract: The address of the contract that it created, else empty.
        logs: Its events.
    """

    transaction: bytes
    block: int
    block_hash: bytes
    succeeded: bool
    gas_used: int
    contract: bytes
    logs: tuple[Log, ...]


def number(value: Any) -> int:
    """Read a quantity.

    Raises:
        ChainUnavailable: It is none.
    """
    try:
        return int(value, 16)
    except (TypeError, ValueError) as error:
        raise _unread(value) from error


def data(value: Any) -> bytes:
    """Read bytes that a node tells in hexadecimal digits.

    Raises:
        ChainUnavailable: It is none.
    """
    try:
        return bytes.fromhex(value.removeprefix("0x"))
    except (AttributeError, TypeError, ValueError) as error:
        raise _unread(value) from error


def member(value: Any, name: str) -> Any:
    """Return a member of an object.

    Raises:
        ChainUnavailable: There is none.
    """
    try:
        return value[name]
    except (KeyError, TypeError, IndexError) as error:
        raise ChainUnavailable(f"The node's answer has no {name}.") from error


def receipt(value: Any) -> NodeReceipt:
    """Read a receipt.

    Raises:
        ChainUnavailable: It is none.
    """
    created = value.get("contractAddress")
    return NodeReceipt(
        data(member(value, "transactionHash")),
        number(member(value, "blockNumber")),
        data(member(value, "blockHash")),
        number(member(value, "status")) == 1,
        number(member(value, "gasUsed")),
        data(created) if created else b"",
        tuple(log(each) for each in member(value, "logs")),
    )


def log(value: Any) -> Log:
    """Read an event.

    Raises:
        ChainUnavailable: It is none.
    """
    topics = tuple(data(topic) for topic in member(value, "topics"))
    return Log(data(member(value, "address")), topics, data(member(value, "data")))


def _unread(value: object) -> ChainUnavailable:
    return ChainUnavailable(f"The node's answer cannot be read: {value!r:.80}.")
