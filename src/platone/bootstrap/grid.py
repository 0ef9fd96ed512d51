"""Grid calculations on files, as the command line runs them."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from platone.grid import study
from platone.grid.file.series_file import PowerSeries, read_power, read_rows
from platone.grid.flow.power_factor import kvar_per_kw
from platone.grid.network.element import Remark
from platone.grid.network.model import Network
from platone.grid.problem.calculation import PowerFlowDiverged
from platone.grid.problem.file import SeriesFileInvalid
from platone.grid.result.phase_state import to_phase_states
from platone.grid.result.state import to_alarms, to_states
from platone.grid.result.study import to_request_run, to_validation_run
from platone.grid.run.span import Progress
from platone.kernel.clock import SystemClock
from platone.kernel.market_time import as_utc
from platone.messages.base import Identifier, Instant, Message
from platone.messages.grid import Alarm, GridState, RequestRun, ValidationRun

Found = TypeVar("Found")
_NotBelowZero = Annotated[float, msgspec.Meta(ge=0)]


class _FlexibilityRow(Message):
    element: Identifier
    max_up_kw: _NotBelowZero = 0.0
    max_down_kw: _NotBelowZero = 0.0
    kvar_per_kw: float | None = None
    eur_per_kwh: _NotBelowZero | None = None
    max_up_kvar: _NotBelowZero = 0.0
    max_down_kvar: _NotBelowZero = 0.0
    eur_per_kvarh: _NotBelowZero | None = None


class _TradeRow(Message):
    at: Instant
    element: Identifier
    change_kw: float
    eur_per_kwh: float = 0.0


@dataclass(frozen=True, slots=True)
class GridResult(Generic[Found]):
    """What a calculation found.

    Attributes:
        found: The result.
        remarks: What was noticed on reading the network.
    """

    found: Found
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class GridStates:
    """The states of a study; they are made as they are read, so those of a year fill no memory.

    Attributes:
        read: Gives them, instant by instant.
        alarms: Those of all instants in order of severity.
        is_run: Whether powers of several instants were asked for, or the file's own state.
    """

    read: Callable[[], Iterator[GridState]]
    alarms: list[Alarm]
    is_run: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A network and the consumers' power.

    Attributes:
        network: The network.
        series: The power, by instants.
    """

    network: Network
    series: PowerSeries

    @contextmanager
    def named(self) -> Iterator[None]:
        """Name the instants, not their numbers, where there is no solution."""
        try:
            yield
        except PowerFlowDiverged as error:
            places: Any = error.fields["quarterHours"]
            at = [self.series.instants[place].isoformat() for place in places]
            told = f"{error.detail.rstrip('.')}: the first at {at[0]}." if at else error.detail
            raise PowerFlowDiverged(told, quarterHours=at) from error

    def result(self, found: Found) -> GridResult[Found]:
        """A result, with the network's remarks."""
        return GridResult(found, self.network.remarks)


@dataclass(frozen=True, slots=True)
class Effort:
    """How a long calculation is done.

    Attributes:
        workers: Where; see :mod:`platone.grid.run.workers`.
        progress: Called with the number of instants that are left, all of them first.
    """

    workers: str = ""
    progress: Progress | None = None

    def begin(self, case: Case) -> None:
        """Say how much there is to do."""
        if self.progress is not None:
            self.progress(len(case.series.instants))


_QUIET = Effort()


def power_flow_file(
    network: Path,
    power: Path | None,
    at: datetime | None,
    effort: Effort = _QUIET,
    *,
    unbalanced: bool = False,
) -> GridResult[GridStates]:
    """The state in a network file, or the states of all instants of a file of powers."""
    case = case_of(network, power, at)
    instants, powers = case.series.instants, case.series.power
    effort.begin(case)
    read: Callable[[], Iterator[GridState]]
    with case.named():
        if unbalanced:
            by_phase = study.unbalanced_power_flow(
                case.network, powers, effort.progress, workers=effort.workers
            )
            broken = study.alarms(by_phase)
            read = partial(to_phase_states, by_phase, broken, instants)
        else:
            flow = study.power_flow(case.network, powers, effort.progress, workers=effort.workers)
            broken = study.alarms(flow)
            read = partial(to_states, flow, broken, instants)
    return case.result(GridStates(read, to_alarms(broken, instants), is_run=power is not None))


def request_file(
    network: Path,
    power: Path | None,
    at: datetime | None,
    flexibility: Path,
    effort: Effort = _QUIET,
) -> GridResult[RequestRun]:
    """The flexibility request."""
    case = case_of(network, power, at)
    flexible = [_flexible(case, row) for row in read_rows(flexibility, _FlexibilityRow)]
    twice = [pod for pod, count in Counter(each.pod_id for each in flexible).items() if count > 1]
    if twice:
        raise SeriesFileInvalid(f"{flexibility.name}: {twice[0]} stands in several rows.")
    effort.begin(case)
    with case.named():
        need = study.request(
            case.network, case.series.power, flexible, effort.progress, workers=effort.workers
        )
    return case.result(to_request_run(need, case.series.instants))


def validate_file(
    network: Path,
    power: Path | None,
    at: datetime | None,
    trades: Path,
    effort: Effort = _QUIET,
) -> GridResult[ValidationRun]:
    """The technical validation."""
    case = case_of(network, power, at)
    places = {instant: place for place, instant in enumerate(case.series.instants)}
    found = []
    for row in read_rows(trades, _TradeRow):
        _known(case, row.element)
        if row.at not in places:
            raise SeriesFileInvalid(f"{trades.name}: the study has no instant {row.at}.")
        ratio = _ratio(case, row.element)
        found.append(
            study.Trade(row.element, places[row.at], row.change_kw, row.eur_per_kwh, ratio)
        )
    effort.begin(case)
    with case.named():
        validation = study.validate(
            case.network, case.series.power, found, effort.progress, workers=effort.workers
        )
    return case.result(to_validation_run(found, validation, case.series.instants))


def associate_file(network: Path) -> GridResult[dict[str, str]]:
    """Point of measurement by point of delivery."""
    found = study.read_network(network)
    return GridResult(study.pod_pom(found), found.remarks)


def case_of(network: Path, power: Path | None, at: datetime | None) -> Case:
    """The network of a file, with the powers of another or those that stand in it."""
    found = study.read_network(network)
    if power is not None:
        if at is not None:
            raise SeriesFileInvalid(f"{power.name} says the instants: leave out --at.")
        return Case(found, read_power(power, found))
    instant = SystemClock().now() if at is None else as_utc(at.replace(tzinfo=at.tzinfo or UTC))
    return Case(found, PowerSeries((instant,), study.snapshot(found)))


def _flexible(case: Case, row: _FlexibilityRow) -> study.PodFlexibility:
    _known(case, row.element)
    ratio = _ratio(case, row.element) if row.kvar_per_kw is None else row.kvar_per_kw
    return study.PodFlexibility(
        pod_id=row.element,
        max_up_kw=row.max_up_kw,
        max_down_kw=row.max_down_kw,
        kvar_per_kw=ratio,
        cost_eur_per_kwh=row.eur_per_kwh,
        max_q_up_kvar=row.max_up_kvar,
        max_q_down_kvar=row.max_down_kvar,
        cost_eur_per_kvarh=row.eur_per_kvarh,
    )


def _known(case: Case, element: str) -> None:
    if element not in case.network.consumer_position:
        raise SeriesFileInvalid(f"The network has no consumer {element!r}.")


def _ratio(case: Case, element: str) -> float:
    """Kvar by kW of a consumer as the study knows it; 0 where it withdraws nothing."""
    place, power = case.network.consumer_position[element], case.series.power
    return kvar_per_kw(power.p_kw[:, place], power.q_kvar[:, place])
