"""Doubts about an estimated state: what no grid in service shows, and what it sets aside."""

from collections.abc import Iterator, Sequence

from platone.grid.estimation.number_result import NumberResult, number_results
from platone.grid.estimation.plausible import GREATEST_OF_LIMIT
from platone.grid.estimation.result import Estimation
from platone.messages.estimation import BranchEstimate, BusEstimate, EstimateDoubt

_LEAST_PU, _GREATEST_PU = 0.7, 1.3
"""Voltage by its nominal value: protection and customers' machines trip long before."""
_PERCENT = 100 * GREATEST_OF_LIMIT
"""Loading of a branch: more is no overload, for it would melt or trip at once."""
_STDS = 5.0
"""Distance of an estimate from what was expected, in standard deviations of the expectation: by
chance it is so far once in two million times."""
_CAUSE = "look for a wrong network (switches, clocks of transformers), unit or angle"


def doubts_of(
    estimation: Estimation, buses: Sequence[BusEstimate], branches: Sequence[BranchEstimate]
) -> list[EstimateDoubt]:
    """Return the reasons to doubt an estimate although its measurements may agree."""
    return [*_of_voltages(buses), *_of_loadings(branches), *_of_expectations(estimation)]


def _of_voltages(buses: Sequence[BusEstimate]) -> Iterator[EstimateDoubt]:
    known = [(each.voltage_pu, each) for each in buses if each.voltage_pu]
    far = [each for each in known if not _LEAST_PU <= each[0] <= _GREATEST_PU]
    if far:
        pu, bus = max(far, key=lambda each: abs(each[0] - 1.0))
        told = f"is estimated at {pu:.3f} pu{_more(far)}: no grid in service has such voltages"
        yield EstimateDoubt(element=bus.id, reason=f"{told}; {_CAUSE}")


def _of_loadings(branches: Sequence[BranchEstimate]) -> Iterator[EstimateDoubt]:
    known = [(each.loading_percent, each) for each in branches if each.loading_percent]
    far = [each for each in known if each[0] > _PERCENT]
    if far:
        percent, branch = max(far, key=lambda each: each[0])
        told = f"is estimated to carry {percent:.0f} % of its limit{_more(far)}: no branch does"
        yield EstimateDoubt(element=branch.id, reason=f"{told}; {_CAUSE}")


def _of_expectations(estimation: Estimation) -> Iterator[EstimateDoubt]:
    """Yield a doubt where the estimate goes against what was put in for what is not measured."""
    pseudo = {each.id for each in estimation.pseudo}
    if not pseudo:
        return
    removed = [
        each.readings[0].measurement
        for each in estimation.bad
        if each.is_removed and each.readings[0].measurement in pseudo
    ]
    if removed:
        reason = f"what was expected of it counts no more{_more(removed)}: measurements contradict"
        yield EstimateDoubt(element=removed[0], reason=f"{reason}; {_CAUSE}")
    apart = [(_distance(each), each) for each in number_results(estimation) if _is_of(each, pseudo)]
    far = [each for each in apart if each[0] > _STDS]
    if far:
        stds, number = max(far, key=lambda each: each[0])
        told = (
            f"{number.estimated:.4g} {number.unit} is estimated where {number.measured:.4g} was "
            f"expected, {stds:.0f} standard deviations away{_more(far)}"
        )
        name = number.readings[0].measurement
        yield EstimateDoubt(element=name, reason=f"{told}; {_CAUSE}")


def _is_of(number: NumberResult, pseudo: set[str]) -> bool:
    return all(each.measurement in pseudo for each in number.readings)


def _distance(number: NumberResult) -> float:
    return abs(number.estimated - number.measured) / number.std


def _more(found: Sequence[object]) -> str:
    return f" (and {len(found) - 1} more)" if len(found) > 1 else ""
