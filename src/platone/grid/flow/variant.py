"""Variants of a network: the same nodes with other branches switched off.

Making a model in the library for a variant costs as much as dozens of its power flows; so the model
of the base is told which branches and admittances differ.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from power_grid_model import ComponentType, DatasetType, initialize_array

Arrays = dict[ComponentType, np.ndarray]

_DIFFERING: Mapping[ComponentType, Sequence[str]] = {
    ComponentType.generic_branch: ("from_status", "to_status"),
    ComponentType.shunt: ("g1", "b1"),
}
"""Attributes that change when a branch is switched off: its status, its ends' admittances."""


def differences(now: Arrays, wanted: Arrays) -> Arrays:
    """Return the update that makes one variant another one.

    Args:
        now: The one as the library's input.
        wanted: The other as its input, with the same components.
    """
    found = {}
    for kind, names in _DIFFERING.items():
        old, new = now[kind], wanted[kind]
        rows = np.flatnonzero(np.any([old[name] != new[name] for name in names], axis=0))
        if len(rows):
            update = initialize_array(DatasetType.update, kind, len(rows))
            for name in ("id", *names):
                update[name] = new[name][rows]
            found[kind] = update
    return found
