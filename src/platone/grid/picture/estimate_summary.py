"""The findings of a state estimation in sentences: its uncertainty, and wrong or missing data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from platone.grid.picture.estimate_series import reading_words
from platone.messages.estimation import ChiSquareTest, GridEstimate, ReadingName

_SHOWN = 10
"""Names of one kind that are told: the page holds the rest."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence about an estimated state.

    Attributes:
        text: The sentence.
        element: The element that it is about; empty: the whole.
        is_bad: Whether something is wrong.
    """

    text: str
    element: str = ""
    is_bad: bool = False


def estimate_findings(estimate: GridEstimate) -> Iterator[Finding]:
    """Yield sentences on an estimate's uncertainty, its bad data, and its unobservable parts."""
    quality, seen = estimate.quality, estimate.observability
    known = [bus for bus in estimate.buses if bus.std_voltage_pu]
    if known:
        worst = max(known, key=lambda bus: bus.std_voltage_pu or 0.0)
        low, high = (f([bus.voltage_pu or 0.0 for bus in known]) for f in (min, max))
        yield Finding(
            f"voltages {low:.4f} to {high:.4f} pu, known to {worst.std_voltage_pu:.5f} pu or "
            f"better ({worst.name})"
        )
    for doubt in estimate.doubts:
        yield Finding(f"DOUBTFUL: {doubt.element} {doubt.reason}", doubt.element, is_bad=True)
    yield _test(quality.test)
    for suspect in quality.suspects:
        what = "removed" if suspect.is_removed else "cannot be told apart, kept"
        size = f"{suspect.normalised_residual:+.1f}"
        names = _names(suspect.readings)
        text = f"bad data: {names}: normalised residual {size} ({what})"
        yield Finding(text, suspect.readings[0].element, is_bad=True)
    for readings in quality.conflicts[:_SHOWN]:
        yield Finding(f"in conflict: {_names(readings)}", readings[0].element, is_bad=True)
    if not seen.is_observable:
        many, filled = len(seen.unobservable_buses), len(seen.pseudo_measurements)
        yield Finding(
            f"{_buses(many)} not observable; {filled} expected values were put in",
            seen.unobservable_buses[0] if many == 1 else "",
        )
    if seen.unknown_buses:
        yield Finding(f"not determined: {_some(seen.unknown_buses)}")
    if seen.unfed_buses:
        yield Finding(f"without voltage: {_some(seen.unfed_buses)}")
    for name, why in list(seen.unused.items())[:_SHOWN]:
        yield Finding(f"unused: {name}: {why}")


def _buses(count: int) -> str:
    return "1 bus is" if count == 1 else f"{count} buses are"


def _test(test: ChiSquareTest) -> Finding:
    if not test.degrees_of_freedom:
        return Finding("no redundancy: bad data cannot be found")
    verdict = "agree" if test.is_passed else "CONTRADICT each other"
    return Finding(
        f"measurements {verdict}: J = {test.objective:.1f} of at most {test.limit:.1f} "
        f"({test.degrees_of_freedom} degrees of freedom)",
        is_bad=not test.is_passed,
    )


def _names(readings: Sequence[ReadingName]) -> str:
    return ", ".join(reading_words(each) for each in readings)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
