"""A simulation: days one after the other, each under all rule sets that are compared."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from platone.grid.network.model import Network
from platone.kernel.market_time import MarketDay
from platone.kernel.record_time import EARLIEST, LATEST
from platone.messages.base import Message
from platone.simulation.count import tally_day
from platone.simulation.day import PlayedDay, play_day, prepare_day
from platone.simulation.history import History
from platone.simulation.portfolio import SimulatedPortfolio, make_portfolio
from platone.simulation.problem import ScenarioInvalid
from platone.simulation.rule_set import ITALIAN, RuleSet
from platone.simulation.scenario import Scenario
from platone.simulation.site import SimulationSite, make_site, scale_loads
from platone.simulation.tally import Tally

MOST_PODS = 10_000
"""Points of delivery of a simulation: those of one message of the platform."""
MOST_DAYS = 3_660
"""Days of a simulation: ten years."""
_HARDEST = (1, 20)
"""Month and day about which most is consumed: where the seasons have their winter."""
_SATURDAY = 5
"""Number of the first day of a weekend."""


class SimulationOrder(Message):
    """The size, time and seed of a simulation.

    Attributes:
        pods: Points of delivery.
        aggregators: Among how many aggregators they are shared out.
        start: The first market day.
        days: How many.
        seed: The same seed gives the same simulation.
    """

    pods: Annotated[int, msgspec.Meta(ge=1, le=MOST_PODS)] = 100
    aggregators: Annotated[int, msgspec.Meta(ge=1, le=99)] = 5
    start: date
    days: Annotated[int, msgspec.Meta(ge=1, le=MOST_DAYS)] = 7
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)] = 1


@dataclass(frozen=True, eq=False)
class Simulation:
    """A simulation that is ready to run.

    Attributes:
        order: What is simulated.
        scenario: The assumptions.
        portfolio: The points of delivery.
        site: The network with them.
        rules: The rule sets, each by its own name.
    """

    order: SimulationOrder
    scenario: Scenario
    portfolio: SimulatedPortfolio
    site: SimulationSite
    rules: tuple[RuleSet, ...]

    def days(self) -> Iterator[MarketDay]:
        """Yield the market days in order."""
        for number in range(self.order.days):
            yield MarketDay(self.order.start + timedelta(days=number), self.scenario.zone)


@dataclass(slots=True)
class SimulationResult:
    """The sums of each day, by rule set."""

    tallies: dict[str, list[Tally]] = field(default_factory=dict)


def make_simulation(
    network: Network,
    order: SimulationOrder,
    scenario: Scenario | None = None,
    portfolio: SimulatedPortfolio | None = None,
    rules: Sequence[RuleSet] = (ITALIAN,),
) -> Simulation:
    """Return a simulation.

    Args:
        network: The network.
        order: What is simulated.
        scenario: The assumptions; none: the defaults.
        portfolio: The points of delivery; none: they are made from the network's loads.
        rules: The rule sets.

    Raises:
        ScenarioInvalid: Zone, days, portfolio or rules cannot be.
        NetworkWithoutLoad: Nothing withdraws power.
        NetworkInvalid: The network cannot be calculated with them.
    """
    scenario = scenario or Scenario()
    _check(order, scenario, rules)
    scaled, scale = scale_loads(network, scenario.start_loading, _hardest_day(order, scenario))
    if portfolio is None:
        portfolio = make_portfolio(
            scaled, scenario, order.start, order.pods, order.aggregators, order.seed
        )
    site = make_site(scaled, portfolio, scale, scenario.margin)
    return Simulation(order, scenario, portfolio, site, tuple(rules))


def run_simulation(
    simulation: Simulation,
    tell: Callable[[RuleSet, PlayedDay, Tally], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> SimulationResult:
    """Run a simulation, and return the sums of its days.

    Args:
        simulation: What is run.
        tell: Called with each day under each rule set, before it is forgotten.
        progress: Called with the number of days left.

    Raises:
        PowerFlowDiverged: A quarter-hour has no solution.
    """
    found = SimulationResult({rules.name: [] for rules in simulation.rules})
    histories = _histories(simulation)
    for number, day in enumerate(simulation.days()):
        given = prepare_day(simulation.site, simulation.scenario, day, simulation.order.seed)
        for rules in simulation.rules:
            history = histories.get(rules.name)
            played = play_day(given, rules, history)
            if history is not None:
                history.add(day, played.delivery, played.lines)
            tally = tally_day(played)
            found.tallies[rules.name].append(tally)
            if tell:
                tell(rules, played, tally)
        if progress:
            progress(simulation.order.days - number - 1)
    return found


def _histories(simulation: Simulation) -> dict[str, History]:
    """Return the metered days before the first one, for each rule set with a public baseline."""
    first = next(simulation.days())
    return {
        rules.name: History.before(
            simulation.site, simulation.scenario, first, simulation.order.seed
        )
        for rules in simulation.rules
        if rules.public_baseline is not None
    }


def _check(order: SimulationOrder, scenario: Scenario, rules: Sequence[RuleSet]) -> None:
    try:
        ZoneInfo(scenario.zone)
    except (KeyError, ValueError, OSError) as error:
        raise ScenarioInvalid(f"There is no zone {scenario.zone!r}.", zone=scenario.zone) from error
    # by dates, as days at the ends of the calendar cannot be told in instants of every zone
    first, last = EARLIEST.date(), LATEST.date() - timedelta(days=order.days)
    if not first < order.start <= last:
        raise ScenarioInvalid(
            f"{order.days} days from {order.start} are not within the years {first.year} to "
            f"{LATEST.year - 1}.",
            start=order.start.isoformat(),
        )
    names = [each.name for each in rules]
    if len(set(names)) < len(names):
        raise ScenarioInvalid(f"Rules are compared with others: {', '.join(names)}.", rules=names)


def _hardest_day(order: SimulationOrder, scenario: Scenario) -> MarketDay:
    """Return the working day about which most is consumed, of the first year."""
    on = date(order.start.year, *_HARDEST)
    while on.weekday() >= _SATURDAY:
        on += timedelta(days=1)
    return MarketDay(on, scenario.zone)
