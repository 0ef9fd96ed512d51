"""An estimated state as a summary for people."""

from collections.abc import Sequence

from platone.messages.estimation import ChiSquareTest, GridEstimate, ReadingName

_SHOWN = 10


def estimation_text(found: GridEstimate) -> str:
    """How sure it is, what is wrong with the measurements, and what is not observable."""
    seen, quality = found.observability, found.quality
    known = [bus for bus in found.buses if bus.std_voltage_pu]
    lines = [f"{len(found.buses)} buses, {found.at:%Y-%m-%d %H:%M:%S}Z"]
    if known:
        worst = max(known, key=lambda bus: bus.std_voltage_pu or 0.0)
        low, high = (f([bus.voltage_pu or 0.0 for bus in known]) for f in (min, max))
        lines.append(
            f"voltages {low:.4f} to {high:.4f} pu, known to {worst.std_voltage_pu:.5f} pu or "
            f"better ({worst.name})"
        )
    lines.append(_test(quality.test))
    for suspect in quality.suspects:
        what = "removed" if suspect.is_removed else "cannot be told apart, kept"
        size = f"{suspect.normalised_residual:+.1f}"
        lines.append(f"  bad data: {_names(suspect.readings)}: residual {size} ({what})")
    lines += [f"  in conflict: {_names(readings)}" for readings in quality.conflicts[:_SHOWN]]
    if not seen.is_observable:
        many, filled = len(seen.unobservable_buses), len(seen.pseudo_measurements)
        lines.append(f"{many} buses are not observable; {filled} expected values were put in")
    if seen.unknown_buses:
        lines.append(f"not determined: {_some(seen.unknown_buses)}")
    if seen.unfed_buses:
        lines.append(f"without voltage: {_some(seen.unfed_buses)}")
    lines += [f"unused: {name}: {why}" for name, why in list(seen.unused.items())[:_SHOWN]]
    alarms = [
        f"  {alarm.element}  {alarm.kind} {alarm.value:.5g}, limit {alarm.limit:.5g} {alarm.unit}"
        for alarm in found.alarms[:_SHOWN]
    ]
    return "\n".join([*lines, f"{len(found.alarms)} alarm(s)", *alarms])


def _test(test: ChiSquareTest) -> str:
    if not test.degrees_of_freedom:
        return "no redundancy: bad data cannot be found"
    verdict = "agree" if test.is_passed else "CONTRADICT each other"
    return (
        f"measurements {verdict}: J = {test.objective:.1f} of at most {test.limit:.1f} "
        f"({test.degrees_of_freedom} degrees of freedom)"
    )


def _names(readings: Sequence[ReadingName]) -> str:
    return ", ".join(f"{each.measurement} ({each.quantity})" for each in readings)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
