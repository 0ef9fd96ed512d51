"""The request of a session and the validation of an outcome, calculated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from platone.dso.domain.day_input import DayInput
from platone.dso.domain.network_input import NetworkInput
from platone.dso.domain.request import expected_power, size_session
from platone.dso.domain.technical_outcome import judge
from platone.dso.service.calculation.network import network_of
from platone.grid.flexibility.request import GroupNeed
from platone.grid.flow.alarm import unsupplied
from platone.grid.result.state import to_alarms
from platone.grid.run.grid_work import GridWork
from platone.messages.calculated_day import Stage
from platone.messages.outcome import MarketOutcome, TechnicalOutcome


@dataclass(frozen=True, slots=True)
class SizedRequest:
    """The broken limits of a session, and what cures them.

    Attributes:
        alarms: Consumers without supply and broken limits at the baselines, the worst first; JSON.
        needs: What is asked of sets of PoDs.
        incurable: What no flexible PoD can cure, each with the reason; JSON.
        remarks: What typical days stand in for.
    """

    alarms: bytes
    needs: Sequence[GroupNeed]
    incurable: bytes
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JudgedOutcome:
    """The DSO's answer to a market outcome, and the alarms of its stages as JSON."""

    technical: TechnicalOutcome
    alarms: Mapping[Stage, bytes]


def size_request_of(
    given: NetworkInput, inputs: DayInput, indices: range, work: GridWork
) -> SizedRequest:
    """Find what is broken in some quarter-hours of a day, and what cures it.

    Raises:
        PodDataMissing: Data of its points of delivery are missing.
        PowerFlowDiverged: A quarter-hour has no solution.
        ClusterMissing: The workers are not there.
    """
    forecast = inputs.on(network_of(given))
    need = size_session(forecast, indices, work)
    instants = [forecast.day.instant(index) for index in indices]
    dark = unsupplied(forecast.network, expected_power(forecast, indices))
    left = to_alarms([each.violation for each in need.incurable], instants)
    reasons = [each.reason for each in need.incurable]
    pairs = [
        {"alarm": alarm, "reason": reason} for alarm, reason in zip(left, reasons, strict=True)
    ]
    return SizedRequest(
        msgspec.json.encode(to_alarms([*dark, *need.violations], instants)),
        need.needs,
        msgspec.json.encode(pairs),
        forecast.remarks,
    )


def judge_outcome(
    given: NetworkInput, inputs: DayInput, text: bytes, work: GridWork
) -> JudgedOutcome:
    """Return the answer to a market outcome, told as JSON, and the alarms.

    Equal inputs give equal results. Points of delivery of which data are missing take nothing, as
    is supposed, and their trades are refused by name: it is late to wait for what did not come
    until the gate.

    Raises:
        PodDataMissing: Data of all of its points of delivery are missing.
        PowerFlowDiverged: A quarter-hour has no solution.
        ClusterMissing: The workers are not there.
    """
    forecast = inputs.as_far_as_known(network_of(given))
    judgement = judge(forecast, msgspec.json.decode(text, type=MarketOutcome), work)
    instants = [forecast.day.instant(index) for index in judgement.rows]
    dark = unsupplied(forecast.network, judgement.baseline)
    alarms = {
        Stage.AFTER_MARKET: to_alarms([*dark, *judgement.found.violations], instants),
        Stage.VALIDATED: to_alarms([*dark, *judgement.found.left], instants),
    }
    return JudgedOutcome(
        judgement.technical, {stage: msgspec.json.encode(each) for stage, each in alarms.items()}
    )
