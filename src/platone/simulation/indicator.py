"""Indicators of a simulation: what operators ask for, each with unit and definition."""

from platone.simulation.grid_indicator import CONGESTION
from platone.simulation.trade_indicator import FAIRNESS, MARKET, MONEY

GROUPS = (
    ("Congestion", CONGESTION),
    ("Market", MARKET),
    ("Money", MONEY),
    ("Baselines and gaming", FAIRNESS),
)
"""Indicators by what they are about."""
INDICATORS = tuple(each for _, group in GROUPS for each in group)
"""All indicators in their order."""
