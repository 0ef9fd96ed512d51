"""Looks the expected figures up in the files that a run has written, and compares."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from platone.demo.scenario import Figure


class Row(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One figure: expected, obtained and the difference.

    Attributes:
        title: What it is.
        expected: The value that must come out.
        obtained: What came out; none where it is not there.
        difference: Obtained less expected, for numbers.
        tolerance: How far off it may be.
        unit: Its unit.
        source: Where the expected value comes from.
        is_met: Whether it came out.
        reason: Why there is nothing to compare.
    """

    title: str
    expected: float | str | list[str]
    obtained: float | str | list[str] | None
    difference: float | None
    tolerance: float
    unit: str
    source: str
    is_met: bool
    reason: str = ""


class NotThere(Exception):
    """A figure's place does not exist in the file: says which step of the way is missing."""


def look_up(content: Any, at: Sequence[str | int | Mapping[str, Any]]) -> Any:
    """Follow a way into JSON content.

    Args:
        content: The content.
        at: Names of an object, places in a list, or conditions that exactly one item of a list
            meets, such as ``{"pod": "IT002E61899978"}``.

    Raises:
        NotThere: A step leads nowhere, or to more than one item.
    """
    for step in at:
        content = _step(content, step)
    return content


def _step(content: Any, step: str | int | Mapping[str, Any]) -> Any:
    if isinstance(step, Mapping):
        items = content if isinstance(content, list) else []
        found = [item for item in items if _meets(item, step)]
        if len(found) != 1:
            raise NotThere(f"{len(found)} items with {json.dumps(step)}")
        return found[0]
    is_there = (
        0 <= step < len(content)
        if isinstance(step, int) and isinstance(content, list)
        else isinstance(content, dict) and step in content
    )
    if not is_there:
        raise NotThere(f"nothing at {step!r}")
    return content[step]


def _meets(item: Any, conditions: Mapping[str, Any]) -> bool:
    return isinstance(item, dict) and all(
        item.get(name) == value for name, value in conditions.items()
    )


def compare(figures: Sequence[Figure], folder: Path) -> list[Row]:
    """Compare each figure with what the files of a run hold; one that is not there is not met."""
    contents: dict[str, Any] = {}
    rows: list[Row] = []
    for figure in figures:
        try:
            if figure.file not in contents:
                contents[figure.file] = json.loads((folder / figure.file).read_text("utf-8"))
            rows.append(_row(figure, look_up(contents[figure.file], figure.at)))
        except (OSError, ValueError, NotThere) as error:
            rows.append(_row(figure, None, f"{figure.file}: {error}"))
    return rows


def _row(figure: Figure, obtained: Any, reason: str = "") -> Row:
    difference: float | None = None
    if isinstance(figure.expected, float | int) and _is_number(obtained):
        difference = float(obtained) - float(figure.expected)
        is_met = abs(difference) <= figure.tolerance
    elif isinstance(figure.expected, list) and isinstance(obtained, list):
        is_met = sorted(figure.expected) == sorted(map(str, obtained))
    else:
        is_met = obtained is not None and obtained == figure.expected
    return Row(
        title=figure.title,
        expected=figure.expected,
        obtained=obtained,
        difference=difference,
        tolerance=figure.tolerance,
        unit=figure.unit,
        source=figure.source,
        is_met=is_met,
        reason=reason,
    )


def _is_number(value: object) -> bool:
    """Return whether a value is a number; amounts of money are decimal numbers as text."""
    if isinstance(value, bool) or value is None:
        return False
    try:
        return math.isfinite(float(str(value)))
    except ValueError:
        return False
