"""Long grid calculations at the place that one setting names."""

from collections.abc import Sequence
from dataclasses import dataclass

from platone.grid.contingency.analysis import analyse_outages
from platone.grid.contingency.consequence import ContingencyAnalysis
from platone.grid.contingency.outage import Outage
from platone.grid.flexibility.request import FlexibilityNeed, PodFlexibility, size_request
from platone.grid.flexibility.validation import Trade, Validation, validate
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.phase_state import PhaseFlow, PhasePower
from platone.grid.flow.state import ConsumerPower, Flow
from platone.grid.network.model import Network
from platone.grid.run.distributed import spread_request, spread_validation
from platone.grid.run.distributed_flow import spread_flow, spread_phase_flow
from platone.grid.run.distributed_outage import spread_outages
from platone.grid.run.span import Progress
from platone.grid.run.workers import check_place, workers

_engine = GridModelPowerFlow()


@dataclass(frozen=True, slots=True)
class GridWork:
    """The grid calculations that take long: states, requests, validations and outages.

    Every method raises ``ClusterMissing`` where the workers are not there or were lost, and
    ``PowerFlowDiverged`` where a quarter-hour has no solution.

    Args:
        where: The setting ``workers``; see :mod:`platone.grid.run.workers`.

    Raises:
        WorkersInvalid: The setting is of none of its forms.
    """

    where: str = ""

    def __post_init__(self) -> None:
        check_place(self.where)

    def power_flow(
        self, network: Network, power: ConsumerPower, progress: Progress | None = None
    ) -> Flow:
        """Return the states of all quarter-hours."""
        if not self.where and progress is None:
            return _engine.solve(network, power)
        with workers(self.where) as found:
            return spread_flow(found, network, power, progress)

    def phase_flow(
        self, network: Network, power: PhasePower, progress: Progress | None = None
    ) -> PhaseFlow:
        """Return the unbalanced states of all quarter-hours.

        Raises:
            UnbalancedDataInvalid: The network does not tell what unbalanced states need.
        """
        with workers(self.where) as found:
            return spread_phase_flow(found, network, power, progress)

    def request(
        self,
        network: Network,
        power: ConsumerPower,
        flexible: Sequence[PodFlexibility],
        progress: Progress | None = None,
        *,
        in_groups: bool = True,
    ) -> FlexibilityNeed:
        """Return the request of :func:`platone.grid.flexibility.request.size_request`.

        Raises:
            OptimisationFailed: The optimiser found no end.
            PriceMissing: Some PoDs have a price, some have none.
        """
        if not self.where:
            limits = Limits(network)
            return size_request(limits, _engine, power, flexible, progress, in_groups=in_groups)
        with workers(self.where) as found:
            return spread_request(found, network, power, flexible, progress, in_groups=in_groups)

    def validate(
        self,
        network: Network,
        baseline: ConsumerPower,
        trades: Sequence[Trade],
        progress: Progress | None = None,
    ) -> Validation:
        """Return the validation of :func:`platone.grid.flexibility.validation.validate`.

        Raises:
            OptimisationFailed: The optimiser found no end.
        """
        if not self.where:
            return validate(Limits(network), _engine, baseline, trades, progress)
        with workers(self.where) as found:
            return spread_validation(found, network, baseline, trades, progress)

    def outages(
        self,
        network: Network,
        power: ConsumerPower,
        outages: Sequence[Outage],
        progress: Progress | None = None,
        *,
        resupply: bool = True,
    ) -> ContingencyAnalysis:
        """Return the analysis of :func:`platone.grid.contingency.analysis.analyse_outages`."""
        if not self.where:
            return analyse_outages(network, _engine, power, outages, progress, resupply=resupply)
        with workers(self.where) as found:
            return spread_outages(found, network, power, outages, progress, resupply=resupply)
