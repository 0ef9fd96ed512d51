"""State estimation from measurements to the state, its uncertainty, and what is wrong with them."""

from collections.abc import Sequence

from platone.grid.estimation.conflict import conflicts
from platone.grid.estimation.estimation import Estimation, Options
from platone.grid.estimation.identification import Identification
from platone.grid.estimation.lru_cache import Kept
from platone.grid.estimation.measurement import Measurement
from platone.grid.estimation.network_model import Ground
from platone.grid.estimation.prepared import Preparations, Prepared
from platone.grid.estimation.pseudo import Expected, expected_powers, set_voltages
from platone.grid.network.model import Network
from platone.grid.problem.estimation import NothingObservable

_NETWORKS = 4


class StateEstimation:
    """Estimates states of a network; what it prepared for its sensors it keeps.

    Any number of threads can use it.

    Args:
        ground: The network.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._preparations = Preparations(ground)

    def __call__(
        self,
        measurements: Sequence[Measurement],
        expected: Expected | None = None,
        options: Options | None = None,
    ) -> Estimation:
        """The most likely state behind measurements; see :func:`estimate`."""
        options = options or Options()
        prepared = self._preparations.of(measurements, options.confidence)
        open_nodes, pseudo = prepared.left_open.nodes, list[Measurement]()
        if expected is not None and options.pseudo == "whereNeeded" and open_nodes.any():
            prepared, pseudo = self._filled(measurements, expected, prepared, options.confidence)
        if prepared.left_open.magnitudes.all():
            raise NothingObservable("The measurements determine the voltage of no bus.")
        found = Identification(prepared.placed, prepared.estimator, options)
        voltage = found.state.voltage
        self._preparations.learn(prepared, voltage, is_worn=found.is_worn)
        return Estimation(
            ground=self.ground,
            voltage=voltage,
            scaled=found.state.scaled,
            loose=prepared.left_open.nodes,
            hidden=prepared.left_open.magnitudes,
            placed=prepared.placed,
            setting=found.estimator.setting,
            first_test=found.first_test,
            test=found.state.test,
            limit=found.estimator.limit,
            bad=tuple(found.bad),
            open_nodes=open_nodes,
            pseudo=tuple(pseudo),
            conflicts=conflicts(prepared.placed),
            _covariance=found.covariance,
        )

    def _filled(
        self,
        measured: Sequence[Measurement],
        expected: Expected,
        alone: Prepared,
        confidence: float,
    ) -> tuple[Prepared, list[Measurement]]:
        """With what is expected where the measurements alone leave something open."""
        open_power = alone.left_open.of(self.ground.series.admittance)
        pseudo = expected_powers(self.ground, expected, open_power, measured)
        prepared = self._preparations.of([*measured, *pseudo], confidence, is_checked=True)
        left_open = prepared.left_open.nodes
        if left_open.any():
            pseudo += set_voltages(self.ground, expected, left_open)
            prepared = self._preparations.of([*measured, *pseudo], confidence, is_checked=True)
        return prepared, pseudo


class StateEstimations:
    """Those of the networks used last; any number of threads can use it."""

    def __init__(self) -> None:
        self._kept: Kept[int, StateEstimation] = Kept(_NETWORKS)

    def of(self, network: Network) -> StateEstimation:
        """That of a checked network."""
        kept = self._kept.get(id(network))
        if kept is None:  # while it is kept no other network can have its number
            kept = StateEstimation(Ground(network))
            self._kept.put(id(network), kept)
        return kept


def estimate(
    ground: Ground,
    measurements: Sequence[Measurement],
    expected: Expected | None = None,
    options: Options | None = None,
) -> Estimation:
    """The most likely state behind measurements, from nothing prepared.

    Args:
        ground: The network.
        measurements: What was measured in one instant.
        expected: What consumers are expected to withdraw, for what is not observable.
        options: How to estimate.

    Raises:
        MeasurementsInvalid: Measurements do not fit the network.
        NothingObservable: They determine no voltage at all.
        EstimationDiverged: No state comes near them.
    """
    return StateEstimation(ground)(measurements, expected, options)
