"""Setpoints (flow 6) from aggregators to nodes, and the nodes' acknowledgements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from platone.dso.domain.final_outcome import totals_of, trades_of
from platone.dso.domain.problem import OutcomeNotFinal, SetpointBeyondLimit, SetpointWithoutTrade
from platone.dso.records.final_outcome import FinalOutcomeRecords
from platone.dso.records.setpoint import SetpointRecords
from platone.dso.service.ports import CustomerDatabase, SetpointLink
from platone.kernel.clock import Clock
from platone.kernel.errors import Kind, MalformedMessage, PlatoneError
from platone.kernel.market_time import MarketDay, as_utc
from platone.kernel.record_time import check_recordable
from platone.kernel.signature import SignatureInvalid, recover
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.metering import SetpointAcknowledgement, SetpointCommand, SignedMessage
from platone.messages.outcome import ValidatedOutcome, ValidatedPower
from platone.messages.registry import Setpoint

_TOLERANCE_KW = 1e-3
"""How far a setpoint may be from the validated total, kW: one watt of rounding on the way."""
_RETRY_S = 5
"""Seconds after which the sender should try again: the market's messages take about one."""


@dataclass(frozen=True, slots=True)
class TakeSetpoints:
    """Checks setpoints and sends them on their way.

    Args:
        setpoints: Where they are kept, and sent from.
        finals: The activated trades that they must follow.
        clock: The market's clock.
        zone: IANA name of the market's zone.
    """

    setpoints: SetpointRecords
    finals: FinalOutcomeRecords
    clock: Clock
    zone: str

    async def __call__(
        self, batch: Sequence[Setpoint], party: str
    ) -> list[tuple[Submission, PlatoneError | None]]:
        """Take setpoints; each has its own answer, with the problem where it is refused.

        Raises:
            OutcomeNotFinal: The market has not told yet what of an outcome is activated. All other
                setpoints are taken.
        """
        names = {each.market_outcome for each in batch}
        finals = {name: await self.finals.find(name) for name in names}
        results: list[tuple[Submission, PlatoneError | None]] = []
        early: OutcomeNotFinal | None = None
        for setpoint in batch:
            try:
                check_recordable(setpoint.start_time)
                self._check(setpoint, party, finals[setpoint.market_outcome])
                fresh = await self.setpoints.keep_setpoint(setpoint, party)
            except OutcomeNotFinal as problem:
                early = early or problem
            except PlatoneError as problem:
                if problem.kind is Kind.UNAVAILABLE:  # the same setpoints may be taken later
                    raise
                results.append(
                    (Submission(id=setpoint.setpoint_id, status=SubmissionStatus.REFUSED), problem)
                )
            else:
                status = SubmissionStatus.of_taken(is_new=fresh)
                results.append((Submission(id=setpoint.setpoint_id, status=status), None))
        if early is not None:
            raise early
        return results

    def _check(self, setpoint: Setpoint, party: str, final: ValidatedOutcome | None) -> None:
        """Check that a setpoint follows a trade of its sender, whoever has the PoD since.

        The market tells DSO and aggregators at the same time, and the aggregator may be quicker.
        """
        name = setpoint.market_outcome
        ends = setpoint.start_time + timedelta(minutes=setpoint.duration_minutes)
        if final is None and self.clock.now() < ends:
            raise OutcomeNotFinal(
                f"The market has not told yet what of {name} is activated.",
                marketOutcome=name,
                retryAfterS=_RETRY_S,
            )
        day = MarketDay.holding(setpoint.start_time, self.zone)
        index = day.index(setpoint.start_time)
        is_of_day = final is not None and MarketDay.holding(final.start_time, self.zone) == day
        trades = [] if final is None else trades_of(final, party, setpoint.pod_id, index)
        if not trades or not is_of_day or day.instant(index) != setpoint.start_time:
            raise SetpointWithoutTrade(
                f"Outcome {name} activates nothing that {party} sold of {setpoint.pod_id} at "
                f"{setpoint.start_time.isoformat()}.{_why(final)}",
                podId=setpoint.pod_id,
                marketOutcome=name,
            )
        _check_power(setpoint, trades)


def _check_power(setpoint: Setpoint, trades: Sequence[ValidatedPower]) -> None:
    """Check that a setpoint asks for what was activated, of each kind of power."""
    allowed_kw, allowed_kvar = totals_of(trades)
    for unit, asked, most in (
        ("kW", setpoint.power_kw, allowed_kw),
        ("kvar", setpoint.power_kvar, allowed_kvar),
    ):
        if asked is not None and (most is None or abs(asked - most) > _TOLERANCE_KW):
            raise SetpointBeyondLimit(
                f"{setpoint.pod_id} may have {most} {unit}, not {asked} {unit}.",
                podId=setpoint.pod_id,
                **{"allowedKw" if unit == "kW" else "allowedKvar": most},
            )
    if setpoint.power_kw is None and setpoint.power_kvar is None:
        raise SetpointWithoutTrade(f"{setpoint.setpoint_id} says no power.", podId=setpoint.pod_id)


def _why(final: ValidatedOutcome | None) -> str:
    """Return who decided an outcome in place of the DSO, as the end of a sentence."""
    if final is None or final.decided_by is None:
        return ""
    return f" {final.decided_by} decided it: {final.decided_because}"


@dataclass(frozen=True, slots=True)
class SendSetpoints:
    """Sends setpoints that no node has acknowledged; called again, it sends them again.

    Args:
        setpoints: The setpoints on their way.
        customers: Which node stands at which PoD.
        link: The way to the nodes.
        clock: The market's clock.
    """

    setpoints: SetpointRecords
    customers: CustomerDatabase
    link: SetpointLink
    clock: Clock

    async def __call__(self) -> int:
        """Send, and return how many setpoints still wait, also for a node to be enrolled.

        Raises:
            PlatoneError: Nodes or their register cannot be reached now.
        """
        await self.setpoints.expire(self.clock.now())
        waiting = await self.setpoints.waiting()
        if not waiting:
            return 0
        devices = await self.customers.devices()
        for record in waiting:
            device = devices.get(record.setpoint.pod_id)
            if device is None:
                continue
            await self.setpoints.note_sent(record.setpoint.setpoint_id, device)
            await self.link.send(
                SetpointCommand(
                    setpoint_id=record.setpoint.setpoint_id,
                    device=device,
                    pod_id=record.setpoint.pod_id,
                    start_time=record.setpoint.start_time,
                    duration_minutes=record.setpoint.duration_minutes,
                    power_kw=record.setpoint.power_kw,
                    power_kvar=record.setpoint.power_kvar,
                )
            )
        return len(waiting)


@dataclass(frozen=True, slots=True)
class TakeAcknowledgement:
    """Takes a node's answer to a setpoint.

    Args:
        setpoints: The setpoints on their way.
    """

    setpoints: SetpointRecords

    async def __call__(self, device: str, payload: bytes) -> bool:
        """Record an answer; False where the node was sent no such setpoint.

        Args:
            device: The node whose topic it came on.
            payload: The signed message as it came.

        Raises:
            MalformedMessage: It is not a signed acknowledgement.
            SignatureInvalid: It is not signed by that node.
        """
        try:
            envelope = msgspec.json.decode(payload, type=SignedMessage)
            content = envelope.payload.encode()
            answer = msgspec.json.decode(content, type=SetpointAcknowledgement)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise MalformedMessage(f"It is no acknowledgement: {error}") from error
        signer = recover(content, bytes.fromhex(envelope.signature[2:]))
        if {signer, envelope.device, answer.device} != {device}:
            raise SignatureInvalid(f"{signer} signed what came on the topic of {device}.")
        as_utc(answer.acknowledged_at)
        return await self.setpoints.acknowledge(answer)
