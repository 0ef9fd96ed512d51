"""Clearing and settling recorded sessions again: the same bytes give the same bytes.

Both take a SESSION.json and are what `platone market clear` and `platone market settle` run.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec

from platone.kernel.canonical import complete_json, content_hash
from platone.market.domain.clearing import clear
from platone.market.domain.delivery import DeliveryLine, lines_of
from platone.market.domain.problem.outcome import OutcomeMismatch, RecordingInvalid
from platone.market.domain.recording_check import check_recording
from platone.market.domain.replay_line import RecordedLines
from platone.market.domain.statement import settlement_lines
from platone.market.domain.validation import validate_as_cleared
from platone.messages.market import MARKET_ZONE, RecordedSession
from platone.messages.outcome import ValidatedOutcome
from platone.messages.recording import SettlementContext, SettlementRecording
from platone.messages.settlement import Settlement

Recording = TypeVar("Recording", bound=RecordedSession)


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
    outcome = recording.validated_outcome or validate_as_cleared(clear(_session_of(recording)))
    _check_outcome(outcome, recording)
    context = recording.context
    lines = _lines(recording, outcome)
    if context is not None:
        lines = [line for line in lines if line.window_start in context.windows]
    found = RecordedLines(recording, lines, _stacked(lines, context))
    flexibility = settlement_lines(
        lines, found.quantities, found.paid, found.metered, found.earlier
    )
    made = content_hash([outcome.market_outcome, flexibility])[:24]
    return complete_json(
        Settlement(
            settlement_id=made if context is None else context.settlement_id,
            market_outcome_id=outcome.market_outcome,
            market_type=outcome.market_type,
            flexibility=flexibility,
            start_time=outcome.start_time,
            sent=context is not None,
            transaction_hash=None if context is None else context.transaction_hash,
            certification_id=None if context is None else f"settlement-{context.settlement_id}",
            run=1 if context is None else context.run,
        )
    )


def _session_of(recording: SettlementRecording) -> RecordedSession:
    """Return the recorded session alone, which an outcome's hash is about."""
    names = (field.name for field in msgspec.structs.fields(RecordedSession))
    return RecordedSession(**{name: getattr(recording, name) for name in names})


def _check_outcome(outcome: ValidatedOutcome, recording: SettlementRecording) -> None:
    terms = recording.session
    said = (outcome.market_type, outcome.start_time, outcome.duration)
    if said != (terms.market_type, terms.start_time, terms.duration):
        raise OutcomeMismatch("Kind, start or duration of the outcome are not the session's.")


def _lines(recording: SettlementRecording, outcome: ValidatedOutcome) -> list[DeliveryLine]:
    """Return the trades to settle, each with its PoD's baseline of the market day.

    In real time a session's own baselines hold what was traded the day ahead; a recording of the
    market tells the day's beside them.
    """
    baselines = {pod.pod_id: pod.power_baseline for pod in recording.pods}
    if recording.context is not None:
        baselines |= {each.pod_id: each.power_baseline for each in recording.context.day_baselines}
    try:
        return lines_of(outcome, baselines, recording.zone or MARKET_ZONE)
    except LookupError as error:
        raise RecordingInvalid(f"A trade has no baseline or quarter-hour: {error}") from error


def _stacked(
    lines: Sequence[DeliveryLine], context: SettlementContext | None
) -> list[DeliveryLine]:
    """Return the trades among those of other sessions, in the order in which they were made."""
    if context is None or not context.other_trades:
        return list(lines)
    own = {line.stack: line for line in lines}
    stack = [(context.traded_at, line.outcome_id, line.rank, line) for line in lines]
    for other in context.other_trades:
        like = own.get(((other.pod, other.index), other.reactive))
        if like is not None:
            line = replace(
                like,
                line_id=f"{other.market_outcome}.{other.pod}.{other.index}.{other.rank}",
                outcome_id=other.market_outcome,
                rank=other.rank,
                change_kw=other.p_change,
            )
            stack.append((other.traded_at, line.outcome_id, line.rank, line))
    return [line for *_, line in sorted(stack, key=lambda each: (*each[:3], each[3].line_id))]


def _decode(recorded: bytes, kind: type[Recording]) -> Recording:
    try:
        return msgspec.json.decode(recorded, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RecordingInvalid(f"This is not a recorded session: {error}") from error
