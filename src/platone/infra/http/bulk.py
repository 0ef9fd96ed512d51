"""Delivery of a message of many items: one that the receiver refuses harms no other.

A receiver answers each item by itself (`results`). Where it refuses the whole message instead, as
one item is not of its form or all of them are too long together, the halves are sent apart::

    [a b C d] ──refused──► [a b] ──► taken
                      └──► [C d] ──refused──► [C] ──refused──► C is refused, with this reason
                                         └──► [d] ──► taken

An item whose status says that it may be taken later is not refused: the whole message goes out
again, and what was taken of it is known by then.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from platone.infra.http.partner_problem import PartnerRefused, PartnerUnavailable, may_pass
from platone.messages.base import SubmissionStatus

_ONE_TO_BLAME = frozenset({409, 413, 422})
"""Statuses of a whole refusal that one item alone may be to blame for."""

_REFUSED = SubmissionStatus.REFUSED.value

Send = Callable[[bytes], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class RefusedItem:
    """An item of a message that the receiver will never take.

    Attributes:
        item: The item, JSON.
        slug: The problem's name, the last part of its type.
        detail: The problem's detail.
        status: The problem's HTTP status; 0 where it tells none.
    """

    item: bytes
    slug: str
    detail: str
    status: int = 0


class _Result(msgspec.Struct):
    status: str = ""
    problem: dict[str, object] | None = None


class _Answer(msgspec.Struct):
    results: list[_Result] = msgspec.field(default_factory=list)


async def send_items(send: Send, body: bytes) -> list[RefusedItem]:
    """Send a message, and return those of its items that the receiver refuses for good.

    Args:
        send: Sends a message, and returns the answer's body.
        body: The message; its items are the list that is its only field.

    Raises:
        PartnerRefused: The receiver refuses the whole of a message that has no items, or for a
            reason that is no item's.
        PartnerUnavailable: It may take the message, or items of it, later; what was taken may be
            sent again then.
    """
    refused: list[RefusedItem] = []
    waiting = [body]
    while waiting:
        part = waiting.pop()
        try:
            answer = await send(part)
        except PartnerRefused as refusal:
            name, items = _items(part)
            if refusal.status not in _ONE_TO_BLAME or not items:
                raise
            if len(items) > 1:
                half = len(items) // 2
                waiting += [msgspec.json.encode({name: it}) for it in (items[half:], items[:half])]
            else:
                refused.append(_refused(items[0], refusal.fields.get("partnerProblem")))
        else:
            refused += _refused_results(part, answer)
    later = [item for item in refused if may_pass(item.status)]
    if later:
        first = later[0]
        raise PartnerUnavailable(
            f"{len(later)} items are to be sent again later: {first.slug}: {first.detail}"
        )
    return refused


def _items(body: bytes) -> tuple[str, list[msgspec.Raw]]:
    """Return the name and the items of the list that is a message's only field; else no items."""
    try:
        fields = msgspec.json.decode(body, type=dict[str, list[msgspec.Raw]])
    except msgspec.DecodeError:
        return "", []
    return next(iter(fields.items())) if len(fields) == 1 else ("", [])


def _refused_results(body: bytes, answer: bytes) -> list[RefusedItem]:
    try:
        results = msgspec.json.decode(answer, type=_Answer).results
    except msgspec.DecodeError:  # not the answer to items
        return []
    if all(result.status != _REFUSED for result in results):
        return []
    _, items = _items(body)
    return [
        _refused(item, result.problem)
        for item, result in zip(items, results, strict=False)
        if result.status == _REFUSED
    ]


def _refused(item: msgspec.Raw, said: object) -> RefusedItem:
    problem = said if isinstance(said, dict) else {}
    slug = str(problem.get("type", "")).rpartition("/")[2]
    detail = str(problem.get("detail") or problem.get("title") or "")
    status = problem.get("status")
    return RefusedItem(bytes(item), slug, detail, status if isinstance(status, int) else 0)
