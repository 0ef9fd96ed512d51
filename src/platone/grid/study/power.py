"""The powers of a study: checked against their network, with the instants where known."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import numpy as np

from platone.grid.array import Floats
from platone.grid.file.series_file import PowerSeries
from platone.grid.flow import state
from platone.grid.flow.phase_state import PHASES, PhasePower
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.element import Remark
from platone.grid.network.model import Network
from platone.grid.problem.calculation import PowerFlowDiverged
from platone.grid.problem.study import PowerInvalid
from platone.grid.study.argument import require_network
from platone.grid.study.checked import require_valid

Power = ConsumerPower | PowerSeries
"""Power that a study's consumers withdraw: by instants, or numbered only."""


def snapshot(network: Network) -> ConsumerPower:
    """Return the consumers' power as it stands in the network: one scenario, of PoDs none.

    Raises:
        ArgumentInvalid: No network is given.
    """
    require_network(network)
    return state.snapshot(network)


def without_power(network: Network, power: ConsumerPower) -> tuple[Remark, ...]:
    """Return a remark on points of delivery none of which has any power, or none.

    Network files hold none of theirs: whoever gives none calculates a grid without customers.
    """
    points, first = network.connection_points, len(network.loads)
    if not points or power.p_kw[:, first:].any() or power.q_kvar[:, first:].any():
        return ()
    more = f" (and {len(points) - 1} more)" if len(points) > 1 else ""
    reason = "is a point of delivery whose power no file gives: it counts as 0 kW"
    return (Remark(points[0].pod_id, reason + more),)


def series_of(network: Network, power: Power | None, *, is_known: bool = True) -> PowerSeries:
    """Return checked powers with their instants; no powers: the network's own, without instants.

    Args:
        network: The network.
        power: The powers.
        is_known: Whether each must be a finite number; else NaN says that one is not known.

    Raises:
        ArgumentInvalid: No network is given.
        NetworkInvalid: The network cannot be calculated.
        PowerInvalid: They do not fit the network.
    """
    require_valid(network)
    if power is None:
        return PowerSeries((), snapshot(network))
    _check_kind(power, ConsumerPower | PowerSeries)
    found = power.power if isinstance(power, PowerSeries) else power
    wanted = None, len(network.consumers)
    p_kw = _numbers("p_kw", found.p_kw, wanted)
    checked = ConsumerPower(p_kw, _numbers("q_kvar", found.q_kvar, p_kw.shape))
    instants: tuple[datetime, ...] = ()
    if isinstance(power, PowerSeries):
        instants = _instants(power.instants, len(p_kw))
    if is_known:
        _check_finite(network, instants, checked)
    return PowerSeries(instants, checked)


def phases_of(network: Network, power: PhasePower) -> PhasePower:
    """Return checked powers by phase.

    Raises:
        PowerInvalid: They do not fit the network.
    """
    require_valid(network)
    wanted = None, len(network.consumers), len(PHASES)
    p_kw = _numbers("p_kw", power.p_kw, wanted)
    checked = PhasePower(p_kw, _numbers("q_kvar", power.q_kvar, p_kw.shape))
    _check_finite(network, (), checked)
    return checked


def _check_finite(
    network: Network, instants: Sequence[datetime], power: ConsumerPower | PhasePower
) -> None:
    for name, values in (("p_kw", power.p_kw), ("q_kvar", power.q_kvar)):
        wrong = np.argwhere(~np.isfinite(values))
        if len(wrong):
            row, place = wrong[0, :2].tolist()
            consumer = network.consumers[place].id
            when = instants[row].isoformat() if instants else f"instant {row}"
            detail = (
                f"{name} of {consumer} is {values[tuple(wrong[0])]} at {when}, no finite number; "
                f"so are {len(wrong)} of its values in all."
            )
            raise PowerInvalid(detail, element=consumer, expected="finite numbers", at=when)


@contextmanager
def instants_named(instants: Sequence[datetime]) -> Iterator[None]:
    """Name instants, where they are known, instead of their numbers if there is no solution."""
    try:
        yield
    except PowerFlowDiverged as error:
        places: Any = error.fields["quarterHours"]
        if not instants or not places:
            raise
        at = [instants[place].isoformat() for place in places]
        detail = f"{error.detail.rstrip('.')}: the first at {at[0]}."
        raise PowerFlowDiverged(detail, quarterHours=at) from error


def _check_kind(power: object, kind: Any) -> None:
    if not isinstance(power, kind):
        detail = (
            f"Power is given as ConsumerPower or PowerSeries (see read_powers), "
            f"not as {type(power).__name__}."
        )
        if isinstance(power, PhasePower):
            detail += " In power_flow pass unbalanced=True for power by phase."
        raise PowerInvalid(detail, expected="ConsumerPower", got=type(power).__name__)


def _numbers(name: str, values: Any, wanted: tuple[int | None, ...]) -> Floats:
    try:
        found = np.asarray(values)
    except ValueError as error:  # rows of several lengths
        raise PowerInvalid(f"{name} is no array of numbers: its rows differ in length.") from error
    if found.dtype.kind not in "fiu":
        reason = f"{name} holds {found.dtype.name}, where it must hold numbers (kW, kvar)."
        raise PowerInvalid(reason, expected="numbers", got=found.dtype.name)
    fits = len(found.shape) == len(wanted) and all(
        size in {None, own} for size, own in zip(wanted, found.shape, strict=True)
    )
    if not fits:
        axes = ("instants", "consumers", "phases")[: len(wanted)]
        shape = ", ".join(
            axis if size is None else f"{size} {axis}"
            for axis, size in zip(axes, wanted, strict=True)
        )
        detail = f"{name} must be of shape ({shape}), but is of shape {found.shape}."
        raise PowerInvalid(detail, expected=shape, got=list(found.shape))
    return np.asarray(found, np.float64)


def _instants(instants: Sequence[datetime], count: int) -> tuple[datetime, ...]:
    if len(instants) != count:
        detail = f"There are {len(instants)} instants for {count} rows of power."
        raise PowerInvalid(detail, expected=count, got=len(instants))
    for each in instants:
        if getattr(each, "tzinfo", None) is None:
            detail = f"The instant {each!r} is no datetime with a zone."
            raise PowerInvalid(detail, expected="datetime with zone", got=str(each))
    return tuple(instants)
