"""The flexibility of points of delivery: how far each can be moved, and what it costs."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from platone.grid.array import Floats
from platone.grid.flexibility.flexible_groups import FlexibleGroups
from platone.grid.network.model import Network
from platone.grid.problem.calculation import FlexibilityInvalid, PriceMissing


@dataclass(frozen=True, slots=True, kw_only=True)
class PodFlexibility:
    """The flexibility of a point of delivery: how far it can be moved from its baseline.

    Attributes:
        pod_id: The PoD; or a load of the network, by its identifier.
        max_up_kw: Most that it can withdraw more, at least 0.
        max_down_kw: Most that it can withdraw less, at least 0.
        kvar_per_kw: Reactive power that follows its active power (tan phi).
        cost_eur_per_kwh: Price of its energy; none: the request is sized for the least power.
        max_q_up_kvar: Most reactive power that it can withdraw more, by itself.
        max_q_down_kvar: Most reactive power that it can withdraw less, by itself.
        cost_eur_per_kvarh: Price of its reactive energy, where it has prices.
    """

    pod_id: str
    max_up_kw: float
    max_down_kw: float
    kvar_per_kw: float
    cost_eur_per_kwh: float | None = None
    max_q_up_kvar: float = 0.0
    max_q_down_kvar: float = 0.0
    cost_eur_per_kvarh: float | None = None


def single_groups(
    network: Network, flexible: Sequence[PodFlexibility]
) -> tuple[FlexibleGroups, Floats]:
    """Return a group of one for each PoD and direction with a margin, by PoD, and their costs.

    Costs are by a move of 1, shape (groups,). Without prices a kvar counts as much as a kW.

    Raises:
        FlexibilityInvalid: A PoD is unknown or stands twice, or a number of it cannot be.
        PriceMissing: Some have a price, some have none.
    """
    _check(network, flexible)
    rows = []
    for pod in sorted(flexible, key=lambda each: each.pod_id):
        place, tan, price = (
            network.consumer_position[pod.pod_id],
            pod.kvar_per_kw,
            pod.cost_eur_per_kwh,
        )
        reactive = pod.cost_eur_per_kvarh
        rows += [
            (place, -1.0, -tan, pod.max_down_kw, price),
            (place, 1.0, tan, pod.max_up_kw, price),
            (place, 0.0, -1.0, pod.max_q_down_kvar, reactive),
            (place, 0.0, 1.0, pod.max_q_up_kvar, reactive),
        ]
    rows = [row for row in rows if row[3] > 0]
    without = [row for row in rows if row[4] is None]
    if without and len(without) < len(rows):
        consumers = network.consumers
        pods = sorted({consumers[row[0]].id for row in without})
        raise PriceMissing(
            f"{len(pods)} flexible points of delivery have no price, such as {pods[0]}.",
            podIds=pods,
        )
    numbers = [(*row[:4], 1.0 if row[4] is None else row[4]) for row in rows]
    columns = np.array(numbers, np.float64).reshape(-1, 5).T
    sizes = np.ones(len(rows), np.int64)
    groups = FlexibleGroups(
        places=columns[0].astype(np.int64),
        kw=columns[1],
        kvar=columns[2],
        margins=columns[3],
        sizes=sizes,
    )
    return groups, np.asarray(columns[4])


def _check(network: Network, flexible: Sequence[PodFlexibility]) -> None:
    """Refuse PoDs that are unknown or stand twice, and numbers that cannot be."""
    counts = Counter(pod.pod_id for pod in flexible)
    faults = {
        "are not on the network": [i for i in counts if i not in network.consumer_position],
        "stand several times": [pod_id for pod_id, count in counts.items() if count > 1],
        "have numbers that cannot be": [pod.pod_id for pod in flexible if not _can_be(pod)],
    }
    for fault, pods in faults.items():
        if pods:
            detail = f"{len(pods)} flexible points of delivery {fault}, such as {pods[0]}."
            raise FlexibilityInvalid(detail, podIds=pods)


def _can_be(pod: PodFlexibility) -> bool:
    """Return whether a PoD's numbers are finite, and its margins and prices not below 0."""
    margins = pod.max_up_kw, pod.max_down_kw, pod.max_q_up_kvar, pod.max_q_down_kvar
    prices = pod.cost_eur_per_kwh or 0.0, pod.cost_eur_per_kvarh or 0.0
    return math.isfinite(pod.kvar_per_kw) and all(0 <= each < math.inf for each in margins + prices)
