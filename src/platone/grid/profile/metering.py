"""Quarter-hour metering of many consumers on one grid, with remarks from reading it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

import numpy as np

from platone.grid.array import Floats
from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile.day_grid import QUARTERS
from platone.grid.shown import Shown
from platone.kernel.market_time import QUARTER_HOUR, QUARTER_HOUR_S, as_utc

GOOD_QUALITIES = ("measured", "simulated")
"""Qualities that count unless others are asked for: what a meter, or a simulated one, measured."""
_FAR_ABOVE_CONTRACT = 20.0
"""Times the contracted power that no consumer reaches; W for kW is a thousand times."""
_LEVEL_STEP = 200.0
"""Times the median day's level that no day reaches; W for kW is a thousand times."""
_HIGH_PERCENTILE = 99.0
"""Percentile that stands for a consumer's high power: single spikes do not count."""


class RemarkKind(Enum):
    """The kinds of remarks on a consumer's metering."""

    GAP = "gap"
    """Quarter-hours without a value."""
    DUPLICATE = "duplicate"
    """Values that came more than once with the same content: counted once."""
    REPLACED = "replaced"
    """Values that came again with another content: the later one counts."""
    QUALITY = "quality"
    """Values left out because of their quality."""
    INTERVAL = "interval"
    """Values left out because of their interval: neither a part of one quarter-hour, nor 30 or 60
    minutes."""
    SPREAD = "spread"
    """Values of 30 or 60 minutes: their mean power counts for each of their quarter-hours."""
    SPIKE = "spike"
    """Values set aside because they lie far above all others; see :mod:`.outlier`."""
    STUCK = "stuck"
    """Values set aside because the meter showed the same for a day or longer."""
    TOO_LITTLE = "tooLittle"
    """There are too few values for a typical day or a forecast."""
    UNIT = "unit"
    """The unit may be wrong, such as W for kW. Nothing is changed: look at the source."""


@dataclass(frozen=True, slots=True)
class MeteringRemark:
    """A remark on a consumer's metering.

    Attributes:
        consumer: Whose.
        kind: What kind of thing.
        count: How many values.
        detail: One sentence for a person.
    """

    consumer: str
    kind: RemarkKind
    count: int
    detail: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Metering(Shown):
    """The mean power of consumers in consecutive quarter-hours.

    Attributes:
        start: Start of the first quarter-hour, aware.
        consumers: Their identifiers.
        p_kw: Active power, load convention, shape (quarter-hours, consumers); NaN where unknown.
        q_kvar: Reactive power, the same shape; None where it was not metered.
        remarks: What was remarkable.

    Raises:
        MeteringInvalid: The shapes do not fit, a consumer comes twice, or the start does not lie
            on a whole quarter-hour.
    """

    start: datetime
    consumers: tuple[str, ...]
    p_kw: Floats
    q_kvar: Floats | None = None
    remarks: tuple[MeteringRemark, ...] = ()

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or as_utc(self.start).timestamp() % QUARTER_HOUR_S:
            raise MeteringInvalid(f"{self.start.isoformat()} is not a quarter-hour with a zone.")
        if len(set(self.consumers)) != len(self.consumers):
            raise MeteringInvalid("A consumer comes twice.")
        for values in (self.p_kw, self.q_kvar):
            if values is not None and values.shape != (len(self.p_kw), len(self.consumers)):
                raise MeteringInvalid(f"{values.shape} values do not fit the consumers.")

    @property
    def end(self) -> datetime:
        """Return the end of the last quarter-hour, UTC."""
        return as_utc(self.start) + len(self.p_kw) * QUARTER_HOUR

    def part(self, places: slice) -> "Metering":
        """Return some of the consumers, without remarks."""
        q_kvar = None if self.q_kvar is None else self.q_kvar[:, places]
        return Metering(self.start, self.consumers[places], self.p_kw[:, places], q_kvar)

    def until(self, instant: datetime) -> "Metering":
        """Return the metering known at an aware instant: the quarter-hours that had ended."""
        count = max((as_utc(instant) - as_utc(self.start)) // QUARTER_HOUR, 0)
        q_kvar = None if self.q_kvar is None else self.q_kvar[:count]
        return replace(self, p_kw=self.p_kw[:count], q_kvar=q_kvar)


def suspect_units(metering: Metering, contract_kw: Mapping[str, float]) -> list[MeteringRemark]:
    """Return remarks on consumers whose unit may be wrong; nothing is changed.

    Two signs count. The 99th percentile of the power lies 20 times above the contracted power
    (a factor of 1000 is W for kW). Or the mean level of one day lies 200 times above that of the
    median day, as where a part of the file has another unit.

    Args:
        metering: The metering.
        contract_kw: Contracted power by consumer, as far as it is known.
    """
    found = []
    size = np.abs(metering.p_kw)
    for place, consumer in enumerate(metering.consumers):
        known = size[:, place][~np.isnan(size[:, place])]
        contract = contract_kw.get(consumer, 0.0)
        if len(known) and contract > 0:
            high = float(np.percentile(known, _HIGH_PERCENTILE))
            if high > _FAR_ABOVE_CONTRACT * contract:
                found.append(_unit(consumer, len(known), high / contract, "the contract"))
                continue
        levels = _daily_levels(size[:, place])
        middle = float(np.median(levels)) if len(levels) else 0.0
        far = levels > _LEVEL_STEP * middle
        if middle > 0 and far.any():
            factor = float(np.median(levels[far])) / middle
            found.append(_unit(consumer, int(far.sum()) * QUARTERS, factor, "its median day"))
    return found


def _unit(consumer: str, count: int, factor: float, above: str) -> MeteringRemark:
    detail = f"{consumer} lies {factor:.0f} times above {above}: is its unit W instead of kW?"
    return MeteringRemark(consumer, RemarkKind.UNIT, count, detail)


def _daily_levels(size: Floats) -> Floats:
    """Return mean sizes, kW, of whole blocks of 96 quarter-hours that have values."""
    blocks = size[: len(size) // QUARTERS * QUARTERS].reshape(-1, QUARTERS)
    known = ~np.isnan(blocks)
    counts = known.sum(axis=1)
    sums = np.where(known, blocks, 0.0).sum(axis=1)
    return np.asarray(sums[counts > 0] / counts[counts > 0])


def gap_remarks(metering: Metering) -> list[MeteringRemark]:
    """Return a remark for each consumer that lacks quarter-hours."""
    missing = np.isnan(metering.p_kw).sum(axis=0)
    total = len(metering.p_kw)
    return [
        MeteringRemark(
            consumer, RemarkKind.GAP, int(count), f"{consumer} lacks {count} of {total} values."
        )
        for consumer, count in zip(metering.consumers, missing, strict=True)
        if count
    ]
