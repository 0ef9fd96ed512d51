"""An estimated state as a picture shows it: values, their uncertainty, and measurements."""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from platone.grid.array import Floats
from platone.grid.flow.alarm import Violation
from platone.grid.flow.limit import LimitState
from platone.grid.network.circuit import circuit_of
from platone.grid.network.model import Network
from platone.grid.picture.state_series import Certainty, Note, StateSeries, Totals
from platone.messages.estimation import GridEstimate, MeasurementResult, ReadingName

_QUANTITIES = {
    "voltage": "voltage",
    "angle": "voltage angle",
    "p": "P",
    "q": "Q",
    "current": "current",
    "currentAngle": "current angle",
}


def estimate_series(network: Network, estimate: GridEstimate) -> StateSeries:
    """Return the values of an estimated state as a series of one instant.

    Args:
        network: The network that it is of.
        estimate: The estimate.

    Raises:
        ValueError: It is of another network.
    """
    buses, branches = estimate.buses, estimate.branches
    names = [each.id for each in network.buses], [each.id for each in network.branches]
    if ([each.id for each in buses], [each.id for each in branches]) != names:
        raise ValueError(f"the estimate is not of the network {network.id}")
    limits = circuit_of(network).limits_a
    ends = _row(each.from_a for each in branches), _row(each.to_a for each in branches)
    stds = _row(each.std_from_a for each in branches), _row(each.std_to_a for each in branches)
    first, second = (np.nan_to_num(a[0] / limit) for a, limit in zip(ends, limits, strict=True))
    at_second = second > first
    pu = _row(each.voltage_pu for each in buses)
    fed = np.nan_to_num(pu[0], nan=1.0) > 0
    bus_kw = _row(each.p_kw for each in buses)
    return StateSeries(
        voltage_pu=np.where(fed, pu, np.nan),
        fed=fed,
        bus_kw=bus_kw,
        bus_kvar=_row(each.q_kvar for each in buses),
        loading_percent=_row(each.loading_percent for each in branches),
        current_a=np.where(at_second, *ends[::-1]),
        limit_a=np.where(at_second, *limits[::-1]),
        through_kw=_row(each.from_kw for each in branches),
        alarms=tuple(_violations(estimate)),
        totals=_totals(network, bus_kw[0], estimate.losses.p_kw),
        certainty=Certainty(
            _row(each.std_voltage_pu for each in buses),
            np.where(at_second, *stds[::-1]),
            np.array([each.is_observable for each in buses], np.bool_),
        ),
    )


def _row(values: Iterable[float | None]) -> Floats:
    """Return values as an array of one instant; unknown values are NaN."""
    return np.array([[math.nan if value is None else value for value in values]], np.float64)


def _violations(estimate: GridEstimate) -> Iterator[Violation]:
    """Return the alarms of an estimate as broken limits, in their order, the worst first."""
    for alarm in estimate.alarms:
        state = LimitState(
            alarm.element,
            alarm.kind,  # type: ignore[arg-type]  # a message's text
            alarm.value,
            alarm.limit,
            alarm.unit,  # type: ignore[arg-type]
            name=alarm.name,
        )
        excess = abs(alarm.value / alarm.limit - 1) if alarm.limit else math.inf
        yield Violation(0, excess, state)


def _totals(network: Network, bus_kw: Floats, loss_kw: float) -> Totals:
    """Return the sums over buses; power that buses without a source give back is generation."""
    held = [network.bus_position[each.bus] for each in network.sources if each.closed]
    is_source = np.zeros(len(bus_kw), np.bool_)
    is_source[held] = True
    known = np.nan_to_num(bus_kw)
    other = known[~is_source]
    return Totals(
        load_kw=np.array([np.maximum(other, 0).sum()]),
        generation_kw=np.array([-np.minimum(other, 0).sum()]),
        source_kw=np.array([-known[is_source].sum()]),
        loss_kw=np.array([loss_kw]),
    )


def estimate_notes(estimate: GridEstimate) -> list[Note]:
    """Return remarks at elements: values measured, suspicious, or only expected.

    Bad ones come last, so that nothing covers them.
    """
    pseudo = set(estimate.observability.pseudo_measurements)
    notes = [
        Note(name.element, _measured_words(each), "measured")
        for each in estimate.measurements
        for name in each.readings[:1]
        if name.element and name.measurement not in pseudo
    ]
    notes += [
        Note(bus.id, "not observable: from expected values", "")
        for bus in estimate.buses
        if not bus.is_observable and bus.voltage_pu is not None
    ]
    for suspect in estimate.quality.suspects:
        fate = "removed" if suspect.is_removed else "cannot be told apart, kept"
        size = f"{suspect.normalised_residual:+.1f} standard deviations"
        for name in suspect.readings:
            text = f"{reading_words(name)}: residual of {size}: bad data, {fate}"
            notes.append(Note(name.element, text, "bad"))
    return [note for note in notes if note.element]


def reading_words(name: ReadingName) -> str:
    """Return the name of one measured quantity, such as "voltmeter-3 (voltage)"."""
    return f"{name.measurement} ({_QUANTITIES.get(name.quantity, name.quantity)})"


def _measured_words(each: MeasurementResult) -> str:
    names = " + ".join(reading_words(name) for name in each.readings)
    digits = max(0, min(4, 2 - math.floor(math.log10(each.std)))) if each.std > 0 else 4
    told = f"{names}: {each.measured:.{digits}f} {each.unit} measured"
    if each.normalised_residual is None:
        return f"{told}, nothing else tells of it"
    return (
        f"{told}, {each.estimated:.{digits}f} estimated, residual {each.normalised_residual:+.1f}"
    )
