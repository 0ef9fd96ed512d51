"""The distance of a calculated state from the solved state in the network's file."""

import numpy as np

from platone.grid.flow.state import Flow, snapshot
from platone.grid.network.element import Remark
from platone.messages.grid import FileStateDifference

_AGREES_PU = 1e-5
_AGREES_DEG = 1e-3
"""Differences up to which two solved states agree: what programs write has five digits or so, and
no measurement in a grid is as exact."""


def file_state(flow: Flow) -> FileStateDifference | None:
    """Return the largest differences of voltage and angle; none where they cannot be told.

    They are told of the one state that the file describes: at the powers in it, where it carries
    solved voltages. A bus that has no voltage here and some there differs by the whole of it.
    """
    at = flow.network.bus_position
    solved = [each for each in flow.network.solved if each.bus in at]
    if not solved or not _is_of_the_file(flow):
        return None
    places = [at[each.bus] for each in solved]
    found_pu = flow.voltage_pu[0, places]
    apart_pu = np.abs(found_pu - [each.voltage_pu for each in solved])
    worst = int(apart_pu.argmax())
    told_deg = np.array([each.angle_deg for each in solved], np.float64)
    turned = np.exp(1j * (flow.angle_rad[0, places] - np.deg2rad(told_deg)))
    apart_deg = np.abs(np.angle(turned, deg=True))
    apart_deg = np.where(found_pu > 0, np.nan_to_num(apart_deg, nan=-1.0), -1.0)
    turn = int(apart_deg.argmax())
    has_angles = apart_deg[turn] >= 0
    return FileStateDifference(
        voltage_pu=float(apart_pu[worst]),
        voltage_bus=solved[worst].bus,
        angle_deg=float(apart_deg[turn]) if has_angles else None,
        angle_bus=solved[turn].bus if has_angles else None,
        buses=len(solved),
    )


def file_state_remark(difference: FileStateDifference) -> Remark:
    """Return a difference in words, as a remark on the bus with the largest one of voltage.

    Where there is none to speak of, the remark is one on the file, and says that it agrees.
    """
    angle_deg = difference.angle_deg
    if difference.voltage_pu <= _AGREES_PU and (angle_deg or 0.0) <= _AGREES_DEG:
        angles = "" if angle_deg is None else f" and {angle_deg:.1g} degrees"
        reason = (
            f"the state agrees with the file's own solved state to {difference.voltage_pu:.1g} pu"
        )
        return Remark("file", f"{reason}{angles}, at all of its {difference.buses} buses")
    reason = f"is {difference.voltage_pu:.2g} pu from the file's own solved state"
    if difference.angle_deg is not None:
        reason += f", and {difference.angle_bus} {difference.angle_deg:.2g} degrees"
    return Remark(difference.voltage_bus, f"{reason}: no bus of {difference.buses} is further away")


def _is_of_the_file(flow: Flow) -> bool:
    own = snapshot(flow.network)
    return (
        flow.scenarios == 1
        and np.array_equal(flow.power.p_kw, own.p_kw)
        and np.array_equal(flow.power.q_kvar, own.q_kvar)
    )
