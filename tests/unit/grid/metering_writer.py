"""Metering files that tests write, to see what is read again."""

import csv
from typing import IO

import numpy as np

from platone.grid.profile.metering import Metering
from platone.kernel.market_time import QUARTER_HOUR, QUARTER_HOUR_MINUTES


def write_metering_csv(metering: Metering, file: IO[str]) -> None:
    """Write metering as `read_metering_csv` reads it; unknown values are left out."""
    writer = csv.writer(file, lineterminator="\n")
    q_kvar = metering.q_kvar
    names = ["time", "consumer", "minutes", "p_kw", *([] if q_kvar is None else ["q_kvar"])]
    writer.writerow(names)
    for slot in range(len(metering.p_kw)):
        time = (metering.start + slot * QUARTER_HOUR).isoformat()
        for place, consumer in enumerate(metering.consumers):
            p_kw = metering.p_kw[slot, place]
            if not np.isnan(p_kw):
                more = [] if q_kvar is None else [_number(q_kvar[slot, place])]
                writer.writerow([time, consumer, QUARTER_HOUR_MINUTES, _number(p_kw), *more])


def _number(value: float) -> str:
    return "" if np.isnan(value) else repr(float(value))
