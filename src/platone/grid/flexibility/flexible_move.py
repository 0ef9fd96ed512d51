"""The moves of flexible points of delivery, as columns of a calculation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platone.grid.array import Floats, Places
from platone.grid.flexibility.offer import PodFlexibility
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network


@dataclass(frozen=True, slots=True)
class FlexibleMoves:
    """The moves of flexible points of delivery as columns: active power, and reactive by itself.

    Attributes:
        names: The PoD of each column.
        is_reactive: Whether a column is of reactive power.
        consumers: Places among the network's consumers.
        kw: Active power of a move of 1: a kW, or none.
        kvar: Reactive power of it: what follows a kW, or a kvar.
        up: Most that each can withdraw more, kW or kvar.
        down: Most that each can withdraw less.
    """

    names: Sequence[str]
    is_reactive: NDArray[np.bool_]
    consumers: Places
    kw: Floats
    kvar: Floats
    up: Floats
    down: Floats

    @classmethod
    def of(cls, network: Network, pods: Sequence[PodFlexibility]) -> "FlexibleMoves":
        """Return the moves of points of delivery of a network; those of active power come first."""
        rows = [
            (pod.pod_id, False, 1.0, pod.kvar_per_kw, pod.max_up_kw, pod.max_down_kw)
            for pod in pods
        ]
        rows += [
            (pod.pod_id, True, 0.0, 1.0, pod.max_q_up_kvar, pod.max_q_down_kvar)
            for pod in pods
            if pod.max_q_up_kvar or pod.max_q_down_kvar
        ]
        place = network.consumer_position
        numbers = np.array([row[2:] for row in rows], np.float64).reshape(-1, 4).T
        return cls(
            [row[0] for row in rows],
            np.array([row[1] for row in rows], np.bool_),
            np.array([place[row[0]] for row in rows], np.int64),
            *numbers,
        )

    def moved(self, power: ConsumerPower, scenarios: Places, moves: Floats) -> ConsumerPower:
        """Return the power of some scenarios after these moves, shape (scenarios, moves)."""
        p_kw, q_kvar = power.p_kw[scenarios], power.q_kvar[scenarios]
        every = np.arange(len(scenarios))[:, None]
        np.add.at(p_kw, (every, self.consumers), moves * self.kw)
        np.add.at(q_kvar, (every, self.consumers), moves * self.kvar)
        return ConsumerPower(p_kw, q_kvar)

    def with_reactive(self, moved_kw: Floats) -> Floats:
        """Return moves of active power with none of reactive power, shape (scenarios, moves)."""
        more = len(self.names) - moved_kw.shape[1]
        return np.pad(moved_kw, ((0, 0), (0, more)))
