"""The synthetic daily curves of the Italian demonstration: PoD baselines and load profiles.

Only the baselines at quarter-hour 50 (12:30) come from the field test (D3.6 table 7). The rest
of each curve is invented, in the shape that such customers have, so that a whole day can be
calculated: both feeders stay within their limits all day, and at 12:30 an industrial process of
one quarter-hour overloads Mostacciano, as in the field test. Run this module to write
``baselines.csv`` again: one column a PoD, one row a quarter-hour from 00:00, kW.
"""

import math
from collections.abc import Callable, Mapping
from pathlib import Path

QUARTER_HOURS = 96
"""Quarter-hours of the day: it has no change of the clock."""
GOLDEN_INDEX = 50
"""Quarter-hour whose figures the deliverables publish: 12:30."""
BASELINE_FILE = Path(__file__).with_name("scenario") / "baselines.csv"

Shape = Callable[[float], float]


def _bump(hour: float, centre: float, width: float) -> float:
    """Return a smooth rise and fall around an hour, on the circle of the day."""
    distance = (hour - centre + 12) % 24 - 12
    return math.exp(-0.5 * (distance / width) ** 2)


def _plateau(hour: float, begin: float, end: float, ramp: float) -> float:
    """Return 0 outside and 1 inside working hours, with smooth flanks."""
    return 0.25 * (1 + math.tanh((hour - begin) / ramp)) * (1 + math.tanh((end - hour) / ramp))


def residential(hour: float) -> float:
    """Return the factors of homes: morning, midday and evening peaks."""
    by_day = 0.22 * _bump(hour, 7.75, 1.2) + 0.4 * _bump(hour, 13, 2)
    return 0.62 + by_day + 0.75 * _bump(hour, 20.75, 1.8)


def commercial(hour: float) -> float:
    """Return the factors of shops and offices: working hours."""
    return 0.28 + 0.72 * _plateau(hour, 7.5, 18.5, 0.9)


def _workshop(hour: float) -> float:
    return 0.16 + 0.84 * _plateau(hour, 7, 17, 0.6)


def _clinic(hour: float) -> float:
    return 0.58 + 0.34 * _plateau(hour, 6.5, 19.5, 1.2) + 0.04 * _bump(hour, 15, 2)


def _factory(hour: float) -> float:
    """Return the factors of two shifts, with a process of half as much again at 12:30."""
    process = 0.36 if hour == GOLDEN_INDEX / 4 else 0.0
    return 0.34 + 0.27 * _plateau(hour, 5.5, 21.5, 0.6) + process


BASELINES: Mapping[str, tuple[float, Shape]] = {
    "IT002E61899978": (2278.545, _clinic),
    "IT002E60976796": (312.145, commercial),
    "IT002E60974469": (4557.09, _factory),
    "IT002E60499620": (10.092, commercial),
    "IT002E60550189": (70.38, _workshop),
}
"""Each PoD's baseline at 12:30, kW (D3.6 table 7, "Baseline P"), and the shape of its day."""


def factors(shape: Shape) -> tuple[float, ...]:
    """Return a day's 96 factors on the power at 12:30."""
    values = [shape(index / 4) for index in range(QUARTER_HOURS)]
    return tuple(round(value / values[GOLDEN_INDEX], 5) for value in values)


def baselines_kw() -> dict[str, tuple[float, ...]]:
    """Return each PoD's 96 values, kW, to the watt."""
    return {
        pod: tuple(round(peak_kw * factor, 3) for factor in factors(shape))
        for pod, (peak_kw, shape) in BASELINES.items()
    }


def baseline_table() -> str:
    """Return the file of baselines: PoDs in columns, quarter-hours in rows."""
    columns = baselines_kw()
    quarter_hours = zip(*columns.values(), strict=True)
    rows = [",".join(f"{value:.3f}" for value in row) for row in quarter_hours]
    return "\n".join([",".join(columns), *rows]) + "\n"


if __name__ == "__main__":
    BASELINE_FILE.write_text(baseline_table())
