"""Bridges between topics of the broker and the databus: which are passed on, under which names.

Messages go from the access layer's side into the databus, and out of it to the DSO's own topics.
Whatever goes in has come from `bal/pmu/` or `platone/dsotp/`, where nothing of the databus is ever
published; so no message can go round in a loop.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from platone.infra.mqtt import topic as topics
from platone.infra.mqtt.acl import covers

DEFAULT_BRIDGES = "bal/pmu/+ -> raw/bal/pmu/+, platone/dsotp/# -> raw/bal/#"
"""The bridges into the databus where nothing else is set: devices' own topics, and what the access
layer shares with the DSO."""
_ARROW = "->"
_MOST = 16
"""Most bridges in one direction: as many filters as the broker takes at once."""
_OUTSIDE = (topics.phasors(), topics.shared_with_dso())
"""Where messages that go into the databus come from: the DSO may only listen there."""
_RAW = (topics.raw(),)
_DATABUS = (topics.raw(), topics.processed())


@dataclass(frozen=True, slots=True)
class Bridge:
    """A bridge that passes messages on under another topic.

    Attributes:
        source: Filter of the topics to take.
        target: Filter of the topics that they become; what the last level of ``source`` stands
            for, the last level of this stands for, too.
    """

    source: str
    target: str

    def renamed(self, name: str) -> str | None:
        """Return the new name of a topic; None where it is not this bridge's."""
        before, after = self.source[:-1], self.target[:-1]
        rest = name.removeprefix(before)
        is_own = name.startswith(before) and (self.source[-1] == topics.BENEATH or "/" not in rest)
        return after + rest if is_own and rest else None


def renamed(bridges: Iterable[Bridge], name: str) -> Iterator[str]:
    """Yield the new name of a topic for each bridge that takes it; one at most."""
    for bridge in bridges:
        new = bridge.renamed(name)
        if new is not None:
            yield new


def bridges_in(text: str) -> tuple[Bridge, ...]:
    """Return the bridges into the databus, as ``platone/dsotp/# -> raw/bal/#``.

    Raises:
        ValueError: One is none, or leads elsewhere, or two take the same topic.
    """
    return _bridges(text, _OUTSIDE, _RAW)


def bridges_out(text: str) -> tuple[Bridge, ...]:
    """Return the bridges from the databus to the broker, as ``processed/bal/# -> …``.

    Raises:
        ValueError: One is none, or leads elsewhere, or two take the same topic.
    """
    return _bridges(text, _DATABUS, _DATABUS)


def _bridges(text: str, sources: Sequence[str], targets: Sequence[str]) -> tuple[Bridge, ...]:
    found = tuple(_bridge(each, sources, targets) for each in text.split(",") if each.strip())
    if len(found) > _MOST:
        raise ValueError(f"there are {len(found)} bridges; {_MOST} may be")
    for number, each in enumerate(found):
        for other in found[:number]:
            if _overlap(each.source, other.source):
                raise ValueError(f"{other.source} and {each.source} take the same topics")
    return found


def _bridge(text: str, sources: Sequence[str], targets: Sequence[str]) -> Bridge:
    ends = [each.strip() for each in text.split(_ARROW)]
    if len(ends) != 2:  # noqa: PLR2004 - from and to
        raise ValueError(f"{text.strip()!r} is no bridge; one is platone/dsotp/# -> raw/bal/#")
    source, target = ends
    for each, rules in zip(ends, (sources, targets), strict=True):
        _check_filter(each, rules)
    if source[-1] != target[-1]:
        raise ValueError(f"{source} and {target} end in different wildcards")
    return Bridge(source, target)


def _check_filter(text: str, rules: Sequence[str]) -> None:
    *before, last = text.split("/")
    if last not in {topics.ALL, topics.BENEATH} or any(set(each) & set("+#") for each in before):
        raise ValueError(f"{text} does not end in /+ or /#, or has a wildcard before that")
    if not any(covers(rule, text) for rule in rules):
        raise ValueError(f"{text} is not within {' or '.join(rules)}")


def _overlap(one: str, other: str) -> bool:
    """Return whether two filters, whose last levels are their only wildcards, match a topic alike.

    A filter that ends in ``#`` takes all below it, one that ends in ``+`` one level.
    """
    if one == other:
        return True
    return any(
        wide[-1] == topics.BENEATH and narrow.startswith(wide[:-1])
        for wide, narrow in ((one, other), (other, one))
    )
