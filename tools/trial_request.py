"""Size requests on random networks: `python tools/trial_request.py [--cases 3000] [--seed 2026]`.

A third each are villages with one bottleneck, trees with many limits, and the same with rings. Each
request is compared with a bound of its cost by a convex relaxation (second-order cones, solved by
cvxpy and Clarabel), which shares no code with ours. On rings that bound is loose: where it does not
confirm a stated gap, something cheaper is searched by scipy's SLSQP from several starts. It ends
with status 1 where a stated gap is not true, or what cannot be cured is called curable.
"""

import argparse
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.unit.grid.flexibility.conftest import Case, trees, villages
from tests.unit.grid.flexibility.convex_bound import BoundNotFound, lower_bound

from platone.grid.flexibility.request import (
    FlexibilityNeed,
    PodFlexibility,
    size_request,
)
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower

SOLVER = 2e-6
"""Part by which the bound itself is uncertain."""
WATT_KW = 1e-3
"""An excess of 1e-6 of some MW counts as none, and makes the cost uncertain by a watt."""
ENOUGH = 2e-5
"""The gap at which a request ends, by the documentation."""
RINGS = 3
"""Most lines of a network that close rings."""
SHOWN_EVERY = 100
"""Networks between two lines of progress."""
STARTS, FEASIBLE = 6, 1e-9
"""Starts of the search, and the part of a limit that it may be beyond."""


@dataclass
class Tally:
    """What came of the requests of one kind of network."""

    outcomes: Counter[str] = field(default_factory=Counter)
    gaps: list[float] = field(default_factory=list)
    stated: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def judge(
        self, name: str, need: FlexibilityNeed, bound: float | None, least: Callable[[], float]
    ) -> None:
        """Compare a request with the bound of its cost, or with the least that another finds."""
        if bound is None:
            self.outcomes["cannot be cured, by the bound"] += 1
            if not need.incurable:
                self.faults.append(f"{name}: called curable")
            return
        if need.incurable:
            self.outcomes["called incurable"] += 1  # the bound may be met by no power flow
            return
        asked = -sum(each.change_kw for each in need.needs)
        if bound < WATT_KW:
            self.outcomes["nothing to ask"] += 1
            return
        gap = asked / bound - 1
        self.gaps.append(gap)
        if need.gap is None:
            self.outcomes["no gap stated"] += 1
            return
        self.outcomes["gap stated"] += 1
        self.stated.append(need.gap)
        if asked > bound * (1 + need.gap + SOLVER) + WATT_KW:
            self.outcomes["stated gap not confirmed by the bound"] += 1
            if asked > (found := least()) * (1 + need.gap + SOLVER) + WATT_KW:
                self.faults.append(f"{name}: {asked} kW, stated {need.gap:.2e}, found {found}")


def _request(case: Case, margins: np.ndarray, tan: float) -> FlexibilityNeed:
    pods = [
        PodFlexibility(
            pod_id=point.pod_id, max_up_kw=0.0, max_down_kw=float(margin), kvar_per_kw=tan
        )
        for point, margin in zip(case.network.connection_points, margins, strict=True)
    ]
    engine = GridModelPowerFlow()
    return size_request(Limits(case.network), engine, case.power, pods, in_groups=False)


def _least(case: Case, margins: np.ndarray, tan: float, seed: int) -> float:
    """Return the least sum of changes that SLSQP finds from several starts, kW; else infinity."""
    engine, rng = GridModelPowerFlow(), np.random.default_rng(seed)
    limits = np.array([line.limit_a or np.inf for line in case.network.lines])
    watched = np.isfinite(limits)
    lowest = np.array([bus.min_pu or 0.0 for bus in case.network.buses])
    highest = np.array([bus.max_pu or 9.0 for bus in case.network.buses])

    def room(change: np.ndarray) -> np.ndarray:
        power = ConsumerPower(case.power.p_kw - change, case.power.q_kvar - tan * change)
        flow = engine.solve(case.network, power)
        loading = np.maximum(flow.from_a, flow.to_a)[0][watched] / limits[watched]
        pu = flow.voltage_pu[0]
        return np.concatenate([1 - loading, 10 * (pu - lowest), 10 * (highest - pu)])

    found = [
        minimize(
            lambda change: change.sum() / margins.sum(),
            margins * rng.uniform(0, 1, len(margins)),
            bounds=[(0, margin) for margin in margins],
            constraints={"type": "ineq", "fun": room},
            method="SLSQP",
            options={"maxiter": 200, "ftol": 1e-12},
        )
        for _ in range(STARTS)
    ]
    return min(
        (each.x.sum() for each in found if each.success and room(each.x).min() > -FEASIBLE),
        default=float("inf"),
    )


def run(cases: int, first: int) -> dict[str, Tally]:
    """Size requests of all kinds."""
    engine = GridModelPowerFlow()
    kinds = {
        "villages": villages(engine),
        "trees": trees(engine),
        "rings": trees(engine, most_rings=RINGS),
    }
    tallies = {kind: Tally() for kind in kinds}
    for number in range(cases):
        kind = list(kinds)[number % len(kinds)]
        seed = first + number
        rng = np.random.default_rng(seed)
        try:
            case = kinds[kind](seed)
        except ValueError as error:  # a ring that the drawing does not allow
            tallies[kind].outcomes[f"no network: {type(error).__name__}"] += 1
            continue
        tan = float(rng.choice([0.0, 0.3]))
        margins = case.power.p_kw[0] * rng.uniform(0.5, 1.0)
        need = _request(case, margins, tan)
        if number % SHOWN_EVERY == 0:
            print(f"{number} of {cases} networks", file=sys.stderr, flush=True)
        try:
            bound = lower_bound(case.network, case.power, margins, np.ones(len(margins)), tan)
        except BoundNotFound:
            tallies[kind].outcomes["the bound's own solver was not certain"] += 1
            continue
        least = partial(_least, case, margins, tan, seed)
        tallies[kind].judge(f"{kind} {seed}", need, bound, least)
    return tallies


def main() -> None:
    """Run the trial."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=2026)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    begun_s = time.perf_counter()
    faults: list[str] = []
    for kind, tally in run(arguments.cases, arguments.seed).items():
        gaps, faults = np.array(tally.gaps or [0.0]), faults + tally.faults
        print(f"{kind}: {dict(tally.outcomes)}")
        print(
            f"  cost above the bound: median {np.median(gaps):.1e}, worst {gaps.max():.1e}, "
            f"above {ENOUGH:.0e}: {int((gaps > ENOUGH + SOLVER).sum())}; "
            f"largest gap stated {max(tally.stated, default=0.0):.1e}"
        )
    print(f"{arguments.cases} networks in {time.perf_counter() - begun_s:.0f} s, faults: {faults}")
    if faults:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
