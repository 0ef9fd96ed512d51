"""Group points of delivery by their effect on the grid, so that a DSO can ask them together.

The limits that bind when single PoDs cure a quarter-hour decide. Together are PoDs that move in the
same direction and have an effect of the same class on each deciding limit. Class 0 is more than
half of the strongest effect among flexible PoDs, class 1 more than a quarter, and so on; below 5 %
a PoD does not help and is not asked for it; one that makes a limit worse is in a class of its own.

A market may take a group's total from other members than that cure does. Where that would break
another watched limit, and take more than a tenth of what the cure does for it, that limit decides
too: else the total would have to be far greater.
"""

import numpy as np

from platone.grid.array import Flags, Floats
from platone.grid.flexibility.cure_iteration import MATERIAL
from platone.grid.flexibility.flexible_groups import FlexibleGroups, loss_by_worst_split
from platone.grid.flexibility.task import Cure

BINDING = 1e-4
"""Distance from being broken, as relative excess, within which a limit binds."""
_LOST = 0.1
"""Part of a cure's effect on a limit that another split of the totals may take, at most."""
_NO_EFFECT, _WORSE = -1, -2
"""The classes of PoDs that do not help a limit, and of those that make it worse."""


def groups_by_effect(singles: FlexibleGroups, cure: Cure) -> list[list[int]]:
    """Return the groups of one quarter-hour, each as its members' places among the single PoDs.

    Args:
        singles: The flexible PoDs, each in each direction a group of its own.
        cure: The cure by them.
    """
    if not len(singles.places) or not cure.limits:
        return []
    slopes = cure.slopes / singles.margins
    deciding = cure.excess > -BINDING
    while True:
        groups = _groups(singles, -slopes[deciding], cure)
        more = _lost(singles, groups, slopes, cure) & ~deciding
        if not more.any():
            return groups
        deciding |= more


def _groups(singles: FlexibleGroups, help_per_unit: Floats, cure: Cure) -> list[list[int]]:
    """Return the groups of PoDs with the same direction and class for each deciding limit.

    Args:
        singles: The flexible PoDs.
        help_per_unit: Fall of each deciding limit's excess by a move of 1, (limits, PoDs).
        cure: The cure by single PoDs.
    """
    strongest = help_per_unit.max(axis=1, keepdims=True, initial=0.0)
    relative = help_per_unit / np.where(strongest > 0, strongest, 1.0)
    classes = _classes(relative)
    ways = np.stack([np.sign(singles.kw), np.where(singles.kw == 0, np.sign(singles.kvar), 0.0)])
    keys = np.concatenate([ways, classes]).T
    found: dict[bytes, list[int]] = {}
    for column in _helping(singles, relative, cure):
        found.setdefault(keys[column].tobytes(), []).append(column)
    return list(found.values())


def _lost(singles: FlexibleGroups, groups: list[list[int]], slopes: Floats, cure: Cure) -> Flags:
    """Return the limits that lose too much of their help in their least effective split."""
    columns = [row for group in groups for row in group]
    if not columns:
        return np.zeros(len(slopes), np.bool_)
    effects, taken = slopes[:, columns], cure.totals[columns]
    loss = loss_by_worst_split(singles.regrouped(groups), effects, taken)
    return (cure.excess + loss > 0) & (loss > _LOST * np.abs(effects @ taken))


def _classes(relative: Floats) -> Floats:
    """Return the classes of effects, which are given relative to the strongest helping one."""
    size = np.maximum(relative, MATERIAL)
    classes = np.maximum(np.floor(-np.log2(size) + 1e-9), 0.0)
    classes[relative < MATERIAL] = _NO_EFFECT
    classes[relative < -MATERIAL] = _WORSE
    return classes + 0.0  # no negative zero: the classes are compared byte by byte


def _helping(singles: FlexibleGroups, relative: Floats, cure: Cure) -> list[int]:
    """Return the columns that help some deciding limit, of each PoD in one direction.

    Of two directions it is the one that the cure moved more; where it moved neither, the one that
    helps most.
    """
    most = relative.max(axis=0, initial=0.0)
    columns = np.flatnonzero(most >= MATERIAL)
    pod_and_kind = singles.places[columns] * 2 + (singles.kw[columns] == 0)
    order = np.lexsort((columns, -most[columns], -cure.totals[columns], pod_and_kind))
    _, first = np.unique(pod_and_kind[order], return_index=True)
    return sorted(columns[order][first].tolist())
