"""Redaction of JSON documents: what is about some points of delivery is taken out of them.

An object is about a point of delivery where it names it under one of the keys below. In a list it
is left out; where it stands alone, the object that holds it is about the point of delivery, too::

    {"flexibility": [{"pod": "A"}, {"pod": "B"}]}   without A:  {"flexibility": [{"pod": "B"}]}
    {"pod": {"podId": "A"}, "share": 0.8}           without A:  nothing is left
    {"pods": ["A", "B"]}                            without A:  {"pods": ["B"]}
    {"content": "(a text of JSON: {pod: A})"}       without A:  nothing is left

What has such a text is certified or signed as a whole, and means nothing without a part of it.
"""

from collections.abc import Collection
from typing import Any

import msgspec

_NAMING = frozenset({"pod", "podId", "pod_id", "pods", "podIds", "pod_ids", "consumer"})
"""Keys under which the messages of this framework name points of delivery."""
_LINE = frozenset({"lineId", "line_id"})
"""Keys of the identifiers of settlement lines: outcome, point of delivery, index, rank."""
_TEXTS = frozenset({"content", "payload"})
"""Keys of texts that are certified or signed, most of which are JSON documents."""
GONE = object()
"""The rest of a document that is about the points of delivery as a whole."""


def redact(document: Any, pods: Collection[str]) -> Any:
    """Return a decoded JSON document without what is about some points of delivery.

    Args:
        document: Objects, lists, texts, numbers; it is not changed.
        pods: The points of delivery.

    Returns:
        The same object where nothing was taken out, :data:`GONE` where nothing is left.
    """
    if isinstance(document, list):
        kept = [each for each in (redact(item, pods) for item in document) if each is not GONE]
        same = len(kept) == len(document) and all(map(_is, kept, document))
        return document if same else kept
    if not isinstance(document, dict):
        return document
    made = {name: _field(name, value, pods) for name, value in document.items()}
    if any(value is GONE for value in made.values()):
        return GONE
    return document if all(map(_is, made.values(), document.values())) else made


def _field(name: str, value: Any, pods: Collection[str]) -> Any:
    if isinstance(value, str):
        is_named = name in _NAMING and value in pods
        is_line = name in _LINE and not set(value.split(".")).isdisjoint(pods)
        is_told = name in _TEXTS and is_text_about(value, pods)
        return GONE if is_named or is_line or is_told else value
    if isinstance(value, list) and name in _NAMING and _names_one(value, pods):
        left = [each for each in value if not (isinstance(each, str) and each in pods)]
        return redact(left, pods) if left else GONE
    return redact(value, pods)


def is_text_about(text: str, pods: Collection[str]) -> bool:
    """Return whether a text is about points of delivery: a JSON document, or one without a form.

    Args:
        text: The text.
        pods: The points of delivery.
    """
    if not any(pod in text for pod in pods):
        return False
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return True
    return redact(document, pods) is not document


def _names_one(values: list[Any], pods: Collection[str]) -> bool:
    return any(isinstance(each, str) and each in pods for each in values)


def _is(one: object, other: object) -> bool:
    return one is other
