"""A long outcome in parts: whole quarter-hours, each an outcome by itself that the grid can judge.

A part is named by the outcome and its number, such as `25a63e52a98f6fdaa6187da5.3`. What is traded
in one quarter-hour concerns no other one's currents, so the DSO answers a part as it answers a
whole; and who delivers it needs no other part. By that name it is settled, too, by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, TypeVar

import msgspec

from platone.kernel.canonical import joined, long_parts
from platone.messages.outcome import (
    AcceptedPower,
    MarketOutcome,
    PodOutcome,
    TechnicalOutcome,
    TechnicalPod,
    TechnicalPower,
    ValidatedOutcome,
    ValidatedPod,
)
from platone.messages.settlement import FlexibilitySettlement, MeasuredPower, Settlement

Pod = TypeVar("Pod", PodOutcome, ValidatedPod)

Outcome = TypeVar("Outcome", MarketOutcome, ValidatedOutcome)

_PODS: dict[type, msgspec.json.Decoder[Any]] = {
    MarketOutcome: msgspec.json.Decoder(list[PodOutcome]),
    ValidatedOutcome: msgspec.json.Decoder(list[ValidatedPod]),
}
_LINES, _NEXT_POD, _LAST_POD = b'"flexibility":[', b']},{"pod":"', b"]}]"
"""The texts that begin the list of lines, and stand between and behind its points of delivery: no
text within can look like them, as its quotation marks are escaped and lines hold no lists."""
_POD_END = 2
"""Length of the end of a point of delivery in both."""
_PODS_AT_ONCE = 200
"""Points of delivery that are written in one call: 5 MB of text at most."""
_BYTES_AT_ONCE = 4_000_000
"""Bytes decoded in one call: 15 ms."""
LONGEST_BYTES = 4_000_000
"""Length of an outcome that is sent whole, bytes: a receiver decodes it within 30 ms or so."""


@dataclass(frozen=True, slots=True, order=True)
class OutcomePart:
    """A part of an outcome.

    Attributes:
        number: Its number, from 1.
        first: Its first quarter-hour.
        last: Its last quarter-hour.
    """

    number: int
    first: int
    last: int


def outcome_text(
    outcome: MarketOutcome | TechnicalOutcome | ValidatedOutcome | Settlement,
) -> bytes:
    """Return the canonical JSON of an outcome or a settlement, written some PoDs at a time."""
    return joined(long_parts(outcome, "flexibility"))


def plain_text(outcome: ValidatedOutcome | Settlement) -> bytes:
    """Return the JSON of an outcome or settlement as messages have it, some PoDs at a time."""
    pods = outcome.flexibility
    starts = range(0, len(pods), _PODS_AT_ONCE)
    parts = (msgspec.json.encode(pods[start : start + _PODS_AT_ONCE])[1:-1] for start in starts)
    rest = msgspec.json.encode(msgspec.structs.replace(outcome, flexibility=[]))
    before, name, after = rest.partition(_LINES)
    commas = (b"," + part if number else part for number, part in enumerate(parts))
    return joined(chain((before, name), commas, (after,)))


def read_outcome(text: bytes, kind: type[Outcome]) -> Outcome:
    """Return an outcome from its JSON, decoded some points of delivery at a time.

    One call for all of a long one would let no other thread have its turn for half a second.
    """
    if len(text) <= LONGEST_BYTES:
        return msgspec.json.decode(text, type=kind)
    start = text.index(_LINES) + len(_LINES)
    end = _end_of_lines(text)
    whole = msgspec.json.decode(text[:start] + text[end:], type=kind)
    decoder = _PODS[kind]
    pods: list[PodOutcome | ValidatedPod] = []
    while start < end:
        after = text.find(_NEXT_POD, min(start + _BYTES_AT_ONCE, end), end)
        stop = end if after < 0 else after + _POD_END
        pods += decoder.decode(b"[%b]" % text[start:stop])
        start = stop + 1
    return msgspec.structs.replace(whole, flexibility=pods)


def _end_of_lines(text: bytes) -> int:
    """Return where the list of lines ends: after the last point of delivery."""
    return text.rindex(_LAST_POD) + _POD_END


def plan_parts(length: int, indices: range, longest: int) -> list[OutcomePart]:
    """Return the parts of an outcome, of much the same length; none where it goes as a whole.

    Args:
        length: Its length in bytes.
        indices: The session's quarter-hours.
        longest: Length of an outcome that goes as a whole.
    """
    count = min(-(-length // longest), len(indices))
    if count < 2:  # noqa: PLR2004 - a single part is the whole
        return []
    bounds = [indices[0] + len(indices) * number // count for number in range(count + 1)]
    return [
        OutcomePart(number, first, after - 1)
        for number, (first, after) in enumerate(pairwise(bounds), 1)
    ]


def part_name(outcome_id: str, part: OutcomePart) -> str:
    """Return the name of a part of an outcome."""
    return f"{outcome_id}.{part.number}"


def split_name(name: str) -> tuple[str, int | None]:
    """Return the outcome that a name is of, and the number of the part; none for a whole."""
    outcome_id, dot, number = name.partition(".")
    return (outcome_id, int(number)) if dot and number.isdecimal() else (name, None)


def whole_name(name: str) -> str:
    """Return the outcome that a name is of: its own, or a part's."""
    return split_name(name)[0]


def split_pods(pods: Iterable[Pod], parts: Sequence[OutcomePart]) -> list[list[Pod]]:
    """Return the lines of each part, by point of delivery."""
    place = {
        index: number
        for number, part in enumerate(parts)
        for index in range(part.first, part.last + 1)
    }
    found: list[list[Pod]] = [[] for _ in parts]
    for pod in pods:
        powers: dict[int, list[AcceptedPower]] = {}
        for power in pod.power:
            powers.setdefault(place[power.index], []).append(power)
        for number, lines in powers.items():
            found[number].append(msgspec.structs.replace(pod, power=lines))
    return found


def market_parts(outcome: MarketOutcome, parts: Sequence[OutcomePart]) -> list[MarketOutcome]:
    """Return the parts of a market outcome that have lines; hashes stay those of the whole."""
    return [
        msgspec.structs.replace(
            outcome,
            market_outcome=part_name(outcome.market_outcome, part),
            flexibility=pods,
            shadow_prices=tuple(
                each for each in outcome.shadow_prices if part.first <= each.index <= part.last
            ),
        )
        for part, pods in zip(parts, split_pods(outcome.flexibility, parts), strict=True)
    ]


def final_parts(final: ValidatedOutcome, parts: Sequence[OutcomePart]) -> list[ValidatedOutcome]:
    """Return the parts of a final outcome; the whole where it has none."""
    if not parts:
        return [final]
    return [
        msgspec.structs.replace(
            final, market_outcome=part_name(final.market_outcome, part), flexibility=pods
        )
        for part, pods in zip(parts, split_pods(final.flexibility, parts), strict=True)
        if pods
    ]


def join_settlements(outcome_id: str, parts: Sequence[Settlement]) -> Settlement:
    """Return one settlement of an outcome that holds the lines of the newest ones of its parts.

    It is no record of its own: it has no certification, and each line names who paid it.
    """
    powers: dict[str, list[MeasuredPower]] = {}
    for part in parts:
        for pod in part.flexibility:
            powers.setdefault(pod.pod, []).extend(pod.power)
    return msgspec.structs.replace(
        parts[0],
        settlement_id=outcome_id,
        market_outcome_id=outcome_id,
        flexibility=[
            FlexibilitySettlement(pod=pod, power=power) for pod, power in sorted(powers.items())
        ],
        transaction_hash=None,
        certification_id=None,
        run=sum(part.run for part in parts),
    )


def join_answers(outcome_id: str, answers: Sequence[TechnicalOutcome]) -> TechnicalOutcome:
    """Return the answer to a whole outcome, from those to its parts in their order."""
    powers: dict[str, list[TechnicalPower]] = {}
    for answer in answers:
        for pod in answer.flexibility:
            powers.setdefault(pod.pod, []).extend(pod.power)
    return msgspec.structs.replace(
        answers[0],
        market_outcome=outcome_id,
        flexibility=[TechnicalPod(pod=pod, power=power) for pod, power in sorted(powers.items())],
    )
