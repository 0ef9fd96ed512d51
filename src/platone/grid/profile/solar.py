"""The position of the sun, and the light that a clear sky lets through.

Position: the Astronomical Almanac's low-precision formulas in the form of J. J. Michalsky,
"The Astronomical Almanac's algorithm for approximate solar position (1950-2050)", Solar Energy 40
(1988) 227-235; within 0.01 degrees of arc. Clear sky: B. Haurwitz, "Insolation in relation to
cloudiness and cloud density", Journal of Meteorology 2 (1945) 154-166.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from platone.grid.array import Floats
from platone.kernel.market_time import as_utc

_NOON_2000 = datetime(2000, 1, 1, 12, tzinfo=UTC).timestamp()
_DAY_S = 86_400.0
_HAURWITZ_W_PER_M2 = 1098.0
"""Irradiance with the sun overhead but for the sky's depth (Haurwitz)."""
_HAURWITZ_DEPTH = 0.057
"""Optical depth of a clear sky (Haurwitz)."""
_LEAST_COSINE = 1e-3
"""Cosine below which the sun counts as down: the formula's exponent would overflow."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place on earth, by its coordinates.

    Attributes:
        latitude_deg: North is positive.
        longitude_deg: East is positive.
    """

    latitude_deg: float
    longitude_deg: float


def sun_cosine(instants: Sequence[datetime] | Floats, site: Site) -> Floats:
    """Return the cosine of the sun's zenith angle without refraction; negative below the horizon.

    Args:
        instants: Aware instants, or seconds since 1970.
        site: The place.
    """
    if isinstance(instants, np.ndarray):
        seconds = instants
    else:
        seconds = np.array([as_utc(instant).timestamp() for instant in instants])
    days = (seconds - _NOON_2000) / _DAY_S
    mean_longitude = np.radians(280.460 + 0.9856474 * days)
    anomaly = np.radians(357.528 + 0.9856003 * days)
    longitude = mean_longitude + np.radians(1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    obliquity = np.radians(23.439 - 0.0000004 * days)
    ascension = np.arctan2(np.cos(obliquity) * np.sin(longitude), np.cos(longitude))
    declination = np.arcsin(np.sin(obliquity) * np.sin(longitude))
    hours_utc = seconds % _DAY_S / 3600.0
    sidereal_h = 6.697375 + 0.0657098242 * days + hours_utc
    hour_angle = np.radians(15.0 * sidereal_h + site.longitude_deg) - ascension
    latitude = np.radians(site.latitude_deg)
    return np.asarray(
        np.sin(latitude) * np.sin(declination)
        + np.cos(latitude) * np.cos(declination) * np.cos(hour_angle)
    )


def clear_sky_w_per_m2(cosine: Floats) -> Floats:
    """Return the irradiance on level ground under a clear sky; 0 while the sun is down."""
    risen = np.maximum(cosine, _LEAST_COSINE)
    through = _HAURWITZ_W_PER_M2 * risen * np.exp(-_HAURWITZ_DEPTH / risen)
    return np.where(cosine > _LEAST_COSINE, through, 0.0)
