"""Rule sets that are compared: ways to clear a market, no market at all, and an ideal operator."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import msgspec

from platone.messages.clearing import (
    BaselineMethod,
    ClearingRules,
    Method,
    Pricing,
    SettlementRules,
    Ties,
)
from platone.simulation.problem import ScenarioInvalid


class Way(Enum):
    """The ways in which flexibility comes to the grid."""

    MARKET = "market"
    """It is asked for, offered, cleared, validated, delivered and settled."""
    NOTHING = "nothing"
    """It does not come: what the grid suffers without."""
    IDEAL = "ideal"
    """An operator that knows the day, every asset and its price moves the cheapest that cure."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A way in which flexibility comes to the grid.

    Attributes:
        name: Its name, also of its folder.
        title: The same in words.
        way: How it comes.
        clearing: How sessions are cleared; none: by the rules of the field test.
        knows_grid: Whether the DSO tells the limits of its grid, in place of a request.
    """

    name: str
    title: str
    way: Way = Way.MARKET
    clearing: ClearingRules | None = None
    knows_grid: bool = False

    @property
    def public_baseline(self) -> SettlementRules | None:
        """The rules of settlement, where deliveries are counted from a public baseline."""
        settlement = self.clearing.settlement if self.clearing else None
        if settlement is None or settlement.baseline is BaselineMethod.AGGREGATOR:
            return None
        return settlement


ITALIAN = RuleSet("italian", "the field test's rules")
"""The rules that count where nothing else is asked for."""
RULE_SETS = {
    each.name: each
    for each in (
        ITALIAN,
        RuleSet(
            "pay-as-bid",
            "merit order, each paid its own price",
            clearing=ClearingRules(pricing=Pricing.AS_BID),
        ),
        RuleSet(
            "pro-rata",
            "merit order, equals share",
            clearing=ClearingRules(ties=Ties.PRO_RATA),
        ),
        RuleSet(
            "least-cost",
            "all requests at once, at least cost",
            clearing=ClearingRules(method=Method.LEAST_COST),
        ),
        RuleSet(
            "network-aware",
            "limits of the grid in the clearing, at least cost",
            clearing=ClearingRules(method=Method.LEAST_COST),
            knows_grid=True,
        ),
        *(
            RuleSet(
                name,
                f"the field test's rules, settled from {told}",
                clearing=ClearingRules(settlement=SettlementRules(baseline=method)),
            )
            for name, told, method in (
                ("ten-of-ten", "ten like days", BaselineMethod.TEN_OF_TEN),
                ("five-days", "five working days", BaselineMethod.FIVE_WORKING_DAYS),
                ("meter-before", "the meter before", BaselineMethod.METER_BEFORE),
            )
        ),
        RuleSet("none", "no flexibility", way=Way.NOTHING),
        RuleSet("ideal", "an operator that knows all", way=Way.IDEAL),
    )
}
"""Rule sets by name."""


def read_rules(text: str) -> RuleSet:
    """Return the rule set of a name, or of a JSON file of the setting `clearing`.

    Raises:
        ScenarioInvalid: There is no such name, or the file is not of that form.
        OSError: The file cannot be read.
    """
    if text in RULE_SETS:
        return RULE_SETS[text]
    file = Path(text)
    if file.suffix != ".json":
        raise ScenarioInvalid(
            f"There are no rules {text!r}: give one of {', '.join(RULE_SETS)}, or a JSON file of "
            "the setting clearing.",
            rules=text,
        )
    try:
        clearing = msgspec.json.decode(file.read_bytes(), type=ClearingRules)
    except msgspec.DecodeError as error:
        raise ScenarioInvalid(f"{file} holds no rules of clearing: {error}") from error
    return RuleSet(file.stem, f"the rules of {file.name}", clearing=clearing)
