"""How long, and how much, the grid operator keeps of data that never stop coming."""

from datetime import timedelta

PHASOR_INSTANTS_KEPT = 50_000
"""Instants of components, a device: at one a second, a day of one component is 86,400."""
PHASOR_INSTANTS_ANSWERED = 5_000
"""Instants of components in one answer, or a few more: some MB of JSON."""
ESTIMATIONS_KEPT = 1_000
"""State estimations: ten days of one a quarter-hour."""
TELEMETRY_KEPT = timedelta(days=1)
"""Age of a measurement: an estimation of an earlier instant is asked for within the day."""
