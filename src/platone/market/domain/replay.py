"""Clearing and settling recorded sessions again: the same bytes give the same bytes.

Both take a SESSION.json and are what `platone market clear` and `platone market settle` run.
"""

from typing import TypeVar

import msgspec

from platone.kernel.canonical import complete_json, content_hash
from platone.market.domain.clearing import clear
from platone.market.domain.delivery import lines_of, meter, quantify_all
from platone.market.domain.problem import RecordingInvalid
from platone.market.domain.recording_check import check_recording
from platone.market.domain.statement import pay_under, settlement_lines
from platone.market.domain.validation import validate_as_cleared
from platone.messages.ledger import AgreementTerms
from platone.messages.market import MARKET_ZONE, RecordedSession, Settlement, ValidatedOutcome
from platone.messages.registry import Measurement

Recording = TypeVar("Recording", bound=RecordedSession)


class SettlementRecording(RecordedSession):
    """A session to settle: its recording, and what came of it. Every addition may be left out.

    Attributes:
        validated_outcome: The final trades; omitted, the session is cleared and all that it
            accepts counts as validated.
        measurements: Readings; a quarter-hour that they do not cover stays missingMeasurement.
        agreements: Terms by PoD and aggregator; a line without an agreement stays notPaid.
    """

    validated_outcome: ValidatedOutcome | None = None
    measurements: tuple[Measurement, ...] = ()
    agreements: tuple[AgreementTerms, ...] = ()


def clear_file(recorded: bytes) -> bytes:
    """Clear a recorded session.

    Args:
        recorded: A `RecordedSession` as JSON.

    Returns:
        The `MarketOutcome` as JSON with sorted keys.

    Raises:
        RecordingInvalid: It is no recorded session, or contradicts itself.
        PlatoneError: The problem that REST would refuse one of its messages with.
    """
    recording = _decode(recorded, RecordedSession)
    check_recording(recording)
    return complete_json(clear(recording))


def settle_file(recorded: bytes) -> bytes:
    """Settle a recorded session.

    Args:
        recorded: A `SettlementRecording` as JSON.

    Returns:
        The `Settlement` as JSON with sorted keys.

    Raises:
        RecordingInvalid: It is no such recording, or contradicts itself.
        PlatoneError: The problem that REST would refuse one of its messages with.
    """
    recording = _decode(recorded, SettlementRecording)
    check_recording(recording)
    outcome = recording.validated_outcome or validate_as_cleared(clear(recording))
    baselines = {pod.pod_id: pod.power_baseline for pod in recording.pods}
    try:
        lines = lines_of(outcome, baselines, recording.zone or MARKET_ZONE)
    except LookupError as error:
        raise RecordingInvalid(f"A trade has no baseline or quarter-hour: {error}") from error
    metered = meter(recording.measurements, lines)
    quantities = quantify_all(lines, metered)
    terms = {(each.pod, each.aggregator_id): each for each in recording.agreements}
    paid = {
        name: pay_under(each, terms.get((each.pod, each.aggregator_id)))
        for name, each in quantities.items()
    }
    flexibility = settlement_lines(lines, quantities, paid, metered)
    return complete_json(
        Settlement(
            settlement_id=content_hash([outcome.market_outcome, flexibility])[:24],
            market_outcome_id=outcome.market_outcome,
            market_type=outcome.market_type,
            flexibility=flexibility,
            start_time=outcome.start_time,
        )
    )


def _decode(recorded: bytes, kind: type[Recording]) -> Recording:
    try:
        return msgspec.json.decode(recorded, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RecordingInvalid(f"This is not a recorded session: {error}") from error
