"""A forecast as a CSV file of powers, which a power flow takes."""

import csv
import io

import numpy as np

from platone.grid.profile.day_forecast import DayForecast


def forecast_csv(forecast: DayForecast) -> bytes:
    """Return the forecast as CSV, a row a quarter-hour; consumers of whom nothing is known lack."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    known = np.flatnonzero(np.isfinite(forecast.p_kw).all(axis=0)).tolist()
    writer.writerow(["at", *(f"{forecast.consumers[i]} kW" for i in known)])
    for instant, row in zip(forecast.instants, forecast.p_kw, strict=True):
        writer.writerow([instant.isoformat(), *(f"{row[i]:.3f}" for i in known)])
    return written.getvalue().encode()
