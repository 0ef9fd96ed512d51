"""Setpoints (flow 6) from aggregators to nodes, and the nodes' acknowledgements."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from platone.dso.domain.problem import SetpointBeyondLimit, SetpointWithoutTrade
from platone.dso.records.outcome import OutcomeRecords
from platone.dso.records.setpoint import SetpointRecords
from platone.dso.service.ports import CustomerDatabase, SetpointLink
from platone.kernel.clock import Clock
from platone.kernel.errors import Kind, MalformedMessage, NotOwner, PlatoneError
from platone.kernel.market_time import MarketDay, as_utc
from platone.kernel.record_time import check_recordable
from platone.kernel.signature import SignatureInvalid, recover
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.metering import SetpointAcknowledgement, SetpointCommand, SignedMessage
from platone.messages.outcome import TechnicalPower
from platone.messages.registry import Setpoint

_TOLERANCE_KW = 1e-3
"""How far a setpoint may be from the validated total, kW: one watt of rounding on the way."""


@dataclass(frozen=True, slots=True)
class TakeSetpoints:
    """Checks setpoints and sends them on their way.

    Args:
        setpoints: Where they are kept, and sent from.
        outcomes: The validated trades that they must follow.
        customers: Who owns which PoD.
        zone: IANA name of the market's zone.
    """

    setpoints: SetpointRecords
    outcomes: OutcomeRecords
    customers: CustomerDatabase
    zone: str

    async def __call__(
        self, batch: Sequence[Setpoint], party: str
    ) -> list[tuple[Submission, PlatoneError | None]]:
        """Take setpoints; each has its own answer, with the problem where it is refused."""
        owners = {pod.pod_id: pod.aggregator_id for pod in await self.customers.pods()}
        results: list[tuple[Submission, PlatoneError | None]] = []
        for setpoint in batch:
            try:
                check_recordable(setpoint.start_time)
                await self._check(setpoint, party, owners.get(setpoint.pod_id))
                fresh = await self.setpoints.keep_setpoint(setpoint, party)
            except PlatoneError as problem:
                if problem.kind is Kind.UNAVAILABLE:  # the same setpoints may be taken later
                    raise
                results.append(
                    (Submission(id=setpoint.setpoint_id, status=SubmissionStatus.REFUSED), problem)
                )
            else:
                status = SubmissionStatus.of_taken(is_new=fresh)
                results.append((Submission(id=setpoint.setpoint_id, status=status), None))
        return results

    async def _check(self, setpoint: Setpoint, party: str, owner: str | None) -> None:
        if owner != party:
            raise NotOwner(f"{setpoint.pod_id} is not offered by {party}.", podId=setpoint.pod_id)
        known = await self.outcomes.answered(setpoint.market_outcome)
        day = MarketDay.holding(setpoint.start_time, self.zone)
        index = day.index(setpoint.start_time)
        allowed = [
            power
            for part in (known.technical.flexibility if known else ())
            for power in part.power
            if part.pod == setpoint.pod_id and power.index == index
        ]
        is_of_day = known and MarketDay.holding(known.technical.start_time, self.zone) == day
        if not allowed or not is_of_day or day.instant(index) != setpoint.start_time:
            raise SetpointWithoutTrade(
                f"Outcome {setpoint.market_outcome} has no trade of {setpoint.pod_id} at "
                f"{setpoint.start_time.isoformat()}.",
                podId=setpoint.pod_id,
                marketOutcome=setpoint.market_outcome,
            )
        _check_power(setpoint, allowed[0])


def _check_power(setpoint: Setpoint, allowed: TechnicalPower) -> None:
    """Check that a setpoint asks for what the DSO's answer allows, of each kind of power."""
    only_reactive = allowed.accepted_p is None and allowed.accepted_q_value is not None
    allowed_kw = None if only_reactive else allowed.accepted_p_value
    for unit, asked, most in (
        ("kW", setpoint.power_kw, allowed_kw),
        ("kvar", setpoint.power_kvar, allowed.accepted_q_value),
    ):
        if asked is not None and (most is None or abs(asked - most) > _TOLERANCE_KW):
            raise SetpointBeyondLimit(
                f"{setpoint.pod_id} may have {most} {unit}, not {asked} {unit}.",
                podId=setpoint.pod_id,
                **{"allowedKw" if unit == "kW" else "allowedKvar": most},
            )
    if setpoint.power_kw is None and setpoint.power_kvar is None:
        raise SetpointWithoutTrade(f"{setpoint.setpoint_id} says no power.", podId=setpoint.pod_id)


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
