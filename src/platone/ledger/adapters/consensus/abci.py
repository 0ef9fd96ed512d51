"""CometBFT's questions to an application, and the form of its answers (ABCI of CometBFT 0.38).

Only fields that we use are read and written; a request holds more of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from platone.ledger.domain import protobuf

OK = 0
"""The code of a transaction that is taken."""


class Ask(IntEnum):
    """The requests, by their number in a message of CometBFT."""

    ECHO = 1
    FLUSH = 2
    INFO = 3
    INIT_CHAIN = 5
    QUERY = 6
    CHECK_TX = 8
    COMMIT = 11
    LIST_SNAPSHOTS = 12
    OFFER_SNAPSHOT = 13
    LOAD_SNAPSHOT_CHUNK = 14
    APPLY_SNAPSHOT_CHUNK = 15
    PREPARE_PROPOSAL = 16
    PROCESS_PROPOSAL = 17
    EXTEND_VOTE = 18
    VERIFY_VOTE_EXTENSION = 19
    FINALIZE_BLOCK = 20


_ASKS = {ask.value for ask in Ask}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A block of transactions that is proposed or decided.

    Attributes:
        height: Its height.
        seconds: Its time, seconds since 1970.
        transactions: Its transactions, in order.
    """

    height: int
    seconds: int
    transactions: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """The result of checking or executing a transaction.

    Attributes:
        code: 0 where it is taken.
        gas: What it used, or may use.
        log: Why it is refused.
    """

    code: int = OK
    gas: int = 0
    log: str = ""

    def encode(self) -> bytes:
        """Return the result as CometBFT reads it; the validators agree its code and gas."""
        return (
            protobuf.number(1, self.code)
            + protobuf.text(3, self.log)
            + protobuf.number(5, self.gas)
            + protobuf.number(6, self.gas)
        )


def read_request(content: bytes) -> tuple[Ask, protobuf.Fields]:
    """Return the kind of a request, and its fields.

    Raises:
        ProtobufInvalid: It is no request that is known.
    """
    found = protobuf.read(content)
    for field, values in found.items():
        if field in _ASKS and isinstance(values[-1], bytes):
            return Ask(field), protobuf.read(values[-1])
    raise protobuf.ProtobufInvalid("The request is not known.")


def response(ask: Ask, content: bytes) -> bytes:
    """Return a response to a request; behind an exception's, each has the request's number + 1."""
    return protobuf.inner(ask + 1, content)


def exception(error: str) -> bytes:
    """Return the response that tells CometBFT to end."""
    return protobuf.inner(1, protobuf.text(1, error))


def decided(fields: protobuf.Fields) -> Proposal:
    """Return the block of a request to judge or to execute it."""
    return Proposal(
        protobuf.first(fields, 5, 0), _seconds(fields, 6), tuple(protobuf.items(fields, 1))
    )


def proposed(fields: protobuf.Fields) -> tuple[Proposal, int]:
    """Return the waiting transactions, and how many bytes a proposal of them may have."""
    candidates = tuple(protobuf.items(fields, 2))
    proposal = Proposal(protobuf.first(fields, 5, 0), _seconds(fields, 6), candidates)
    return proposal, protobuf.first(fields, 1, 0)


def info(height: int, app_hash: bytes, version: str) -> bytes:
    """Return the answer to what the application has."""
    return (
        protobuf.text(1, "platone")
        + protobuf.text(2, version)
        + protobuf.number(3, 1)
        + protobuf.number(4, height)
        + protobuf.octets(5, app_hash)
    )


def finalized(results: Sequence[Result], powers: Mapping[bytes, int], app_hash: bytes) -> bytes:
    """Return the answer to a block's execution.

    Args:
        results: What came of each transaction.
        powers: Validators by key whose weight changes; 0 for those that go.
        app_hash: The hash of our newest block.
    """
    listed = (protobuf.inner(2, result.encode()) for result in results)
    updates = (
        protobuf.inner(3, protobuf.inner(1, protobuf.octets(1, key)) + protobuf.number(2, power))
        for key, power in powers.items()
    )
    return b"".join([*listed, *updates, protobuf.octets(5, app_hash)])


def _seconds(fields: protobuf.Fields, field: int) -> int:
    seconds: int = protobuf.first(protobuf.read(protobuf.first(fields, field, b"")), 1, 0)
    return seconds
