"""Size requests on random networks: `python tools/trial_request.py [--cases 3000] [--seed 2026]`.

A third each are villages with one bottleneck, trees with many limits, and the same with rings. Each
request is compared with a bound of its cost by a convex relaxation (second-order cones, solved by
cvxpy and Clarabel), which shares no code with ours. It ends with status 1 where a stated gap is not
true, or what cannot be cured is called curable.
"""

import argparse
import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.unit.grid.flexibility.conftest import Case, trees, villages
from tests.unit.grid.flexibility.convex_bound import lower_bound

from platone.grid.flexibility.request import (
    FlexibilityNeed,
    PodFlexibility,
    size_request,
)
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits

SOLVER = 2e-6
"""Part by which the bound itself is uncertain."""
WATT_KW = 1e-3
"""An excess of 1e-6 of some MW counts as none, and makes the cost uncertain by a watt."""
ENOUGH = 2e-5
"""The gap at which a request ends, by the documentation."""
RINGS = 3


@dataclass
class Tally:
    """What came of the requests of one kind of network."""

    outcomes: Counter[str] = field(default_factory=Counter)
    gaps: list[float] = field(default_factory=list)
    stated: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def judge(self, name: str, need: FlexibilityNeed, bound: float | None) -> None:
        """Compare a request with the bound of its cost."""
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
            self.faults.append(f"{name}: gap {gap:.2e}, stated {need.gap:.2e}")


def _request(case: Case, margins: np.ndarray, tan: float) -> FlexibilityNeed:
    pods = [
        PodFlexibility(
            pod_id=point.pod_id, max_up_kw=0.0, max_down_kw=float(margin), kvar_per_kw=tan
        )
        for point, margin in zip(case.network.connection_points, margins, strict=True)
    ]
    engine = GridModelPowerFlow()
    return size_request(Limits(case.network), engine, case.power, pods, in_groups=False)


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
        bound = lower_bound(case.network, case.power, margins, np.ones(len(margins)), tan)
        tallies[kind].judge(f"{kind} {seed}", need, bound)
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
