"""The difference between two versions of a network, as marks in its picture."""

from collections.abc import Iterator, Sequence

from platone.grid.network.difference import ElementDifference, Fate, FieldDifference
from platone.grid.picture.estimate_summary import Finding
from platone.grid.picture.state_series import Note

_NOT_DRAWN = frozenset({"network", "profile"})
"""Kinds that stand at no place of a picture: they are told in sentences."""


def change_notes(found: Sequence[ElementDifference]) -> tuple[Note, ...]:
    """Return a remark with its mark for each element that was added or changed."""
    return tuple(
        Note(each.element, _sentence(each), "added" if each.fate is Fate.ADDED else "changed")
        for each in found
        if each.fate is not Fate.REMOVED and each.kind not in _NOT_DRAWN
    )


def change_findings(found: Sequence[ElementDifference]) -> tuple[Finding, ...]:
    """Return a sentence for each difference; what is drawn can be gone to from it."""
    return tuple(_findings(found))


def _findings(found: Sequence[ElementDifference]) -> Iterator[Finding]:
    for each in found:
        is_drawn = each.fate is not Fate.REMOVED and each.kind not in _NOT_DRAWN
        text = f"{each.kind} {each.element}: {_sentence(each)}"
        yield Finding(text, each.element if is_drawn else "")


def _sentence(each: ElementDifference) -> str:
    if each.fate is not Fate.CHANGED:
        return str(each.fate.value)
    return "; ".join(_field(one) for one in each.fields)


def _field(one: FieldDifference) -> str:
    unit = f" {one.unit}" if one.unit else ""
    was, now = one.before or "not set", one.after or "not set"
    return f"{one.name} {was} \N{RIGHTWARDS ARROW} {now}{unit}"
