"""Access rules of the broker: who may publish and subscribe where. Pure.

An identity is the common name of a client certificate that our authority signed; what a client
says of itself (client id, user name) counts for nothing here.
"""

import re
from enum import Enum

from platone.infra.mqtt import topic as topics

_DEVICE = re.compile(r"0x[0-9a-fA-F]{40}")
_SEPARATOR = "/"
_ONE_LEVEL = "+"
_REST = "#"


class Action(Enum):
    """The actions of a client on a topic."""

    PUBLISH = "publish"
    SUBSCRIBE = "subscribe"


_SERVICES: dict[tuple[str, Action], tuple[str, ...]] = {
    ("access", Action.SUBSCRIBE): (topics.readings(), topics.phasors()),
    ("access", Action.PUBLISH): (topics.receipts(), topics.shared_with_dso()),
    ("dso", Action.SUBSCRIBE): (
        topics.acknowledgements(),
        topics.phasors(),
        topics.shared_with_dso(),
        topics.raw(),
        topics.processed(),
    ),
    ("dso", Action.PUBLISH): (topics.setpoints(), topics.raw(), topics.processed()),
}


def services() -> list[str]:
    """Return the names of the platform's own identities."""
    return sorted({name for name, _ in _SERVICES})


def is_device(identity: str) -> bool:
    """Return whether an identity is the address of a device, and not the name of a service."""
    return _DEVICE.fullmatch(identity) is not None


def is_service(identity: str) -> bool:
    """Return whether an identity is one of the platform's own, which the broker knows by name."""
    return identity in services()


def allowed(identity: str, topic: str, action: Action) -> bool:
    """Return whether an identity may publish to a topic, or subscribe to a topic filter.

    Args:
        identity: Common name of the client's certificate.
        topic: For a publication a topic name; for a subscription a filter. Wildcards are granted
            to services only, and only as wide as their rule.
        action: What the client wants to do.
    """
    if action is Action.PUBLISH and (_ONE_LEVEL in topic or _REST in topic):
        return False
    return any(covers(rule, topic) for rule in rules_of(identity, action))


def rules_of(identity: str, action: Action) -> tuple[str, ...]:
    """Return the topic filters within which an identity may do something."""
    if not is_device(identity):
        return _SERVICES.get((identity, action), ())
    if action is Action.PUBLISH:
        return (
            topics.readings(identity),
            topics.acknowledgements(identity),
            topics.phasors(identity),
        )
    return topics.receipts(identity), topics.setpoints(identity)


def covers(rule: str, wanted: str) -> bool:
    """Return whether everything that ``wanted`` can match lies within ``rule``."""
    rule_levels, levels = rule.split(_SEPARATOR), wanted.split(_SEPARATOR)
    if rule_levels[-1] != _REST:
        return len(rule_levels) == len(levels) and _lie_within(rule_levels, levels)
    fixed = rule_levels[:-1]
    deeper = levels[len(fixed) :]  # may be anything that is a filter, wildcards included
    is_filter = bool(deeper) and all(deeper) and _REST not in deeper[:-1]
    return is_filter and _lie_within(fixed, levels[: len(fixed)])


def _lie_within(rule_levels: list[str], levels: list[str]) -> bool:
    return all(
        level != _REST and bool(level) and allowed_level in {_ONE_LEVEL, level}
        for allowed_level, level in zip(rule_levels, levels, strict=True)
    )
