"""The filter of events that a request of eth_getLogs asks for."""

from dataclasses import dataclass
from typing import Any, Self

from platone.ledger.adapters.evm.event_index import ADDRESS, TOPICS, event_key
from platone.ledger.adapters.evm.rpc_mapping import read_octets
from platone.ledger.domain.problem import RpcError
from platone.ledger.domain.receipt import Log, bloom_bits
from platone.ledger.service.json_rpc import INVALID_PARAMS

_MAX_TOPICS = 4
"""Topics that an event can have."""
_MAX_CHOICES = 100
"""Alternatives for an address or topic in one filter: bounds the work of a request."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """The addresses and topics that an event must have.

    Attributes:
        addresses: The contracts; empty for any.
        topics: By position, the topics that will do; empty for any.
    """

    addresses: frozenset[bytes]
    topics: tuple[frozenset[bytes], ...]

    @classmethod
    def read(cls, request: dict[str, Any]) -> Self:
        """Return the filter of a request.

        Raises:
            RpcError: It is not well-formed.
        """
        topics = request.get("topics") or []
        if not isinstance(topics, list) or len(topics) > _MAX_TOPICS:
            raise RpcError(INVALID_PARAMS, f"there are at most {_MAX_TOPICS} topics")
        return cls(
            _choices(request.get("address"), 20),
            tuple(_choices(topic, 32) for topic in topics),
        )

    def keys(self) -> list[int]:
        """Return keys of the index, of which a block with such an event has one; none for any.

        They are those of the part that is likely the rarest: an indexed field, the event's name,
        then the contract.
        """
        places = [(TOPICS + place, wanted) for place, wanted in enumerate(self.topics)]
        for place, wanted in [*places[1:], *places[:1], (ADDRESS, self.addresses)]:
            if wanted:
                return [event_key(place, item) for item in sorted(wanted)]
        return []

    def may_match(self, bloom: bytes) -> bool:
        """Return whether a block with this filter over its events may hold such an event."""
        bits = int.from_bytes(bloom)
        return all(
            not wanted or any(bloom_bits(item) & ~bits == 0 for item in wanted)
            for wanted in (self.addresses, *self.topics)
        )

    def matches(self, log: Log) -> bool:
        """Return whether an event is one of those asked for."""
        if self.addresses and log.address not in self.addresses:
            return False
        if len(log.topics) < len(self.topics):
            return False
        return all(
            not wanted or topic in wanted
            for wanted, topic in zip(self.topics, log.topics, strict=False)
        )


def _choices(value: object, length: int) -> frozenset[bytes]:
    if value is None:
        return frozenset()
    if not isinstance(value, list):
        return frozenset({read_octets(value, length)})
    if len(value) > _MAX_CHOICES:
        raise RpcError(INVALID_PARAMS, f"there are at most {_MAX_CHOICES} alternatives")
    return frozenset(read_octets(item, length) for item in value)
