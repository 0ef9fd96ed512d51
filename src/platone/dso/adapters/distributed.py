"""Long runs on more than one processor or machine: independent days and feeders side by side.

Where the work runs is one setting:

- empty: in this process, one part after the other;
- ``processes`` or ``processes:4``: in processes of this machine;
- ``tcp://host:8786`` or ``tls://host:8786``: on the Dask cluster of that scheduler (BSD-3-Clause;
  the extra ``platone[cluster]``). Its workers need the same version of this package. A Dask
  scheduler runs whatever it is sent: keep it in a closed network, or behind TLS.

A run is cut into days and into feeders that only sources join; each part is calculated as if it
were alone, so the result is that of one process.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

import numpy as np

from platone.dso.adapters.power_flow import GridModelPowerFlow
from platone.dso.domain.flexibility.request import FlexibilityNeed, PodFlexibility, size_request
from platone.dso.domain.flexibility.validation import Trade, Validation, Verdict, validate
from platone.dso.domain.flow.alarm import Violation
from platone.dso.domain.flow.limit import Limits
from platone.dso.domain.flow.state import ConsumerPower, PowerFlowDiverged
from platone.dso.domain.network.feeder import independent_parts
from platone.dso.domain.network.model import Network
from platone.kernel.errors import Kind, PlatoneError

SCENARIOS_OF_A_PART = 672
_engine = GridModelPowerFlow()

Work = TypeVar("Work")
Result = TypeVar("Result")


class ClusterMissing(PlatoneError):
    """The cluster for long calculations does not answer, or its library is not installed.

    The setting names where long runs are calculated: nothing for this process, `processes`, or the
    address of a Dask scheduler such as `tcp://10.0.0.5:8786` (install `platone[cluster]`).
    """

    slug = "cluster-missing"
    title = "The cluster is not there"
    kind = Kind.UNAVAILABLE


class Workers(Protocol):
    """Does independent work."""

    def map(self, do: Callable[[Work], Result], works: Sequence[Work]) -> Iterator[Result]:
        """The results in the order of the works, each as soon as those before it are there."""
        ...


@dataclass(frozen=True, slots=True)
class InProcess:
    """One after the other, here."""

    def map(self, do: Callable[[Work], Result], works: Sequence[Work]) -> Iterator[Result]:
        """The results."""
        return map(do, works)


@dataclass(frozen=True, slots=True)
class InProcesses:
    """In processes of this machine.

    Args:
        pool: The processes.
    """

    pool: ProcessPoolExecutor

    def map(self, do: Callable[[Work], Result], works: Sequence[Work]) -> Iterator[Result]:
        """The results."""
        return self.pool.map(do, works)


@dataclass(frozen=True, slots=True)
class OnDask:
    """On a Dask cluster.

    Args:
        client: Its ``distributed.Client``.
    """

    client: Any

    def map(self, do: Callable[[Work], Result], works: Sequence[Work]) -> Iterator[Result]:
        """The results."""
        futures = self.client.map(do, works, pure=False)
        return (future.result() for future in futures)


@contextmanager
def workers(where: str = "", timeout_s: float = 10.0) -> Iterator[Workers]:
    """Workers at a place that the setting names, as long as the context lasts.

    Args:
        where: The setting.
        timeout_s: How long to wait for a cluster's answer.

    Raises:
        ClusterMissing: There is no such place.
    """
    if not where:
        yield InProcess()
    elif where.partition(":")[0] == "processes":
        count = int(where.partition(":")[2] or os.cpu_count() or 1)
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            yield InProcesses(pool)
    else:
        with _client(where, timeout_s) as client:
            yield OnDask(client)


def _client(address: str, timeout_s: float) -> Any:
    try:
        from distributed import Client  # noqa: PLC0415 - an extra that few need
    except ImportError as error:
        raise ClusterMissing("Dask is not installed: install platone[cluster].") from error
    try:
        make: Any = Client
        return make(address, timeout=timeout_s, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterMissing(f"No Dask scheduler answers at {address}.", address=address) from error


@dataclass(frozen=True, eq=False)
class _Part:
    """Some days of one feeder."""

    network: Network
    first: int
    power: ConsumerPower


def _parts(network: Network, power: ConsumerPower) -> list[_Part]:
    position = network.consumer_position
    found = []
    for feeder in independent_parts(network):
        columns = [position[each.id] for each in feeder.consumers]
        for first in range(0, len(power.p_kw), SCENARIOS_OF_A_PART):
            rows = slice(first, first + SCENARIOS_OF_A_PART)
            part = ConsumerPower(power.p_kw[rows][:, columns], power.q_kvar[rows][:, columns])
            found.append(_Part(feeder, first, part))
    return found


def spread_request(
    where: Workers,
    network: Network,
    power: ConsumerPower,
    flexible: Sequence[PodFlexibility],
    progress: Callable[[int], None] | None = None,
    *,
    in_groups: bool = True,
) -> FlexibilityNeed:
    """The request of :func:`platone.dso.domain.flexibility.request.size_request`, in parts.

    Raises:
        PowerFlowDiverged: A quarter-hour has no solution.
        OptimisationFailed: The optimiser found no end.
        PriceMissing: Some PoDs have a price, some have none.
    """
    parts = _parts(network, power)
    do = partial(_size, flexible=tuple(flexible), in_groups=in_groups)
    found = list(_counted(where.map(do, parts), len(parts), len(power.p_kw), progress))
    needs = [need for each in found for need in each.needs]
    left = [each for need in found for each in need.incurable]
    return FlexibilityNeed(
        violations=_ordered(each.violations for each in found),
        needs=tuple(sorted(needs, key=lambda need: (need.scenario, need.pods))),
        incurable=tuple(sorted(left, key=lambda each: each.violation.scenario)),
        gap=max((each.gap for each in found), default=0.0),
    )


def spread_validation(
    where: Workers,
    network: Network,
    baseline: ConsumerPower,
    trades: Sequence[Trade],
    progress: Callable[[int], None] | None = None,
) -> Validation:
    """The validation of :func:`platone.dso.domain.flexibility.validation.validate`, in parts.

    Raises:
        PowerFlowDiverged: A quarter-hour has no solution.
        OptimisationFailed: The optimiser found no end.
    """
    parts = _parts(network, baseline)
    scenario = np.array([trade.scenario for trade in trades], np.int64)
    works, places = [], []
    for part in parts:
        here = (scenario >= part.first) & (scenario < part.first + len(part.power.p_kw))
        pods = part.network.consumer_position
        own = [i for i in np.flatnonzero(here).tolist() if trades[i].pod_id in pods]
        places.append(own)
        works.append((part, tuple(trades[i] for i in own)))
    verdicts = [Verdict(trade.change_kw) for trade in trades]  # of what nothing feeds
    results = _counted(where.map(_judge, works), len(works), len(baseline.p_kw), progress)
    found = list(results)
    for own, each in zip(places, found, strict=True):
        for place, verdict in zip(own, each.verdicts, strict=True):
            verdicts[place] = verdict
    return Validation(
        tuple(verdicts),
        _ordered(each.violations for each in found),
        _ordered(each.left for each in found),
    )


def _size(part: _Part, flexible: tuple[PodFlexibility, ...], *, in_groups: bool) -> FlexibilityNeed:
    pods = part.network.consumer_position
    own = [each for each in flexible if each.pod_id in pods]
    limits = Limits(part.network)
    try:
        found = size_request(limits, _engine, part.power, own, in_groups=in_groups)
    except PowerFlowDiverged as error:
        raise _moved(error, part.first) from error
    return replace(
        found,
        violations=_later(found.violations, part.first),
        needs=tuple(replace(each, scenario=each.scenario + part.first) for each in found.needs),
        incurable=tuple(
            replace(each, violation=_later((each.violation,), part.first)[0])
            for each in found.incurable
        ),
    )


def _judge(work: tuple[_Part, tuple[Trade, ...]]) -> Validation:
    part, trades = work
    own = [replace(trade, scenario=trade.scenario - part.first) for trade in trades]
    try:
        found = validate(Limits(part.network), _engine, part.power, own)
    except PowerFlowDiverged as error:
        raise _moved(error, part.first) from error
    return Validation(
        found.verdicts, _later(found.violations, part.first), _later(found.left, part.first)
    )


def _moved(error: PowerFlowDiverged, first: int) -> PowerFlowDiverged:
    places = np.array(error.fields["quarterHours"], np.int64) + first
    return PowerFlowDiverged(error.detail, quarterHours=places.tolist())


def _later(violations: Sequence[Violation], first: int) -> tuple[Violation, ...]:
    return tuple(replace(each, scenario=each.scenario + first) for each in violations)


def _ordered(parts: Iterator[tuple[Violation, ...]]) -> tuple[Violation, ...]:
    every = [violation for part in parts for violation in part]
    return tuple(sorted(every, key=lambda each: (-each.excess, each.scenario)))


def _counted(
    results: Iterator[Result],
    parts: int,
    scenarios: int,
    progress: Callable[[int], None] | None,
) -> Iterator[Result]:
    """The results; the quarter-hours that are left are told after each."""
    for done, result in enumerate(results, start=1):
        if progress is not None:
            progress(scenarios * (parts - done) // parts)
        yield result
