"""Setpoints (flow 6) from aggregators to nodes, and the nodes' acknowledgements."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from platone.dso.domain.final_outcome import totals_of, trades_by_place
from platone.dso.domain.problem import OutcomeNotFinal, SetpointBeyondLimit, SetpointWithoutTrade
from platone.dso.domain.setpoint import TrackedSetpoint
from platone.dso.records.final_outcome import FinalOutcomeRecords
from platone.dso.records.setpoint import FIRST, Kept, Place, SetpointRecords
from platone.dso.service.ports import CustomerDatabase, SetpointLink
from platone.infra.http.turns import take_in_parts
from platone.kernel.clock import Clock
from platone.kernel.errors import MalformedMessage, PlatoneError
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
class Sold:
    """The activated trades of an outcome that a party sold.

    Attributes:
        final: The outcome; None where the market knows none of its name.
        trades: The trades, by PoD and quarter-hour.
    """

    final: ValidatedOutcome | None
    trades: Mapping[tuple[str, int], Sequence[ValidatedPower]]


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
        sold = {
            name: await self._sold(name, party) for name in {each.market_outcome for each in batch}
        }
        results = await take_in_parts(self._take, batch, party, sold)
        for _, problem in results:
            if isinstance(problem, OutcomeNotFinal):
                raise problem
        return results

    async def _take(
        self, part: Sequence[Setpoint], party: str, sold: Mapping[str, Sold]
    ) -> list[tuple[Submission, PlatoneError | None]]:
        """Take some setpoints in one transaction."""
        problems: list[PlatoneError | None] = []
        for setpoint in part:
            try:
                check_recordable(setpoint.start_time)
                self._check(setpoint, party, sold[setpoint.market_outcome])
            except PlatoneError as problem:
                problems.append(problem)
            else:
                problems.append(None)
        fit = [each for each, problem in zip(part, problems, strict=True) if problem is None]
        kept = iter(await self.setpoints.keep(fit, party))
        return [
            _answer(setpoint, next(kept) if problem is None else problem)
            for setpoint, problem in zip(part, problems, strict=True)
        ]

    async def _sold(self, name: str, party: str) -> Sold:
        """Return the trades of a party that an outcome activates; none where it is not told yet."""
        final = await self.finals.find(name)
        if final is None:
            return Sold(None, {})
        return Sold(final, await asyncio.to_thread(trades_by_place, final, party))

    def _check(self, setpoint: Setpoint, party: str, sold: Sold) -> None:
        """Check that a setpoint follows a trade of its sender, whoever has the PoD since.

        The market tells DSO and aggregators at the same time, and the aggregator may be quicker.
        """
        name = setpoint.market_outcome
        ends = setpoint.start_time + timedelta(minutes=setpoint.duration_minutes)
        if sold.final is None and self.clock.now() < ends:
            raise OutcomeNotFinal(
                f"The market has not told yet what of {name} is activated.",
                marketOutcome=name,
                retryAfterS=_RETRY_S,
            )
        day = MarketDay.holding(setpoint.start_time, self.zone)
        index, final = day.index(setpoint.start_time), sold.final
        is_of_day = final is not None and MarketDay.holding(final.start_time, self.zone) == day
        trades = sold.trades.get((setpoint.pod_id, index), ())
        if not trades or not is_of_day or day.instant(index) != setpoint.start_time:
            raise SetpointWithoutTrade(
                f"Outcome {setpoint.market_outcome} activates nothing that {party} sold of "
                f"{setpoint.pod_id} at {setpoint.start_time.isoformat()}.{_why(final)}",
                podId=setpoint.pod_id,
                marketOutcome=setpoint.market_outcome,
            )
        _check_power(setpoint, trades)


def _answer(setpoint: Setpoint, kept: Kept) -> tuple[Submission, PlatoneError | None]:
    if isinstance(kept, PlatoneError):
        return Submission(id=setpoint.setpoint_id, status=SubmissionStatus.REFUSED), kept
    return Submission(id=setpoint.setpoint_id, status=SubmissionStatus.of_taken(is_new=kept)), None


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

    async def __call__(self, *, again: bool = True) -> None:
        """Send them, the earliest first; those of PoDs without a node wait for one.

        Args:
            again: Whether those are sent too that were sent before.

        Raises:
            PlatoneError: Nodes or their register cannot be reached now.
        """
        await self.setpoints.expire(self.clock.now())
        devices = await self.customers.devices()
        place: Place | None = FIRST if devices else None
        while place is not None:
            page, place = await self.setpoints.waiting(place, devices, again=again)
            to = {each.setpoint.setpoint_id: devices[each.setpoint.pod_id] for each in page}
            await self.setpoints.note_sent(
                {name: to[name] for name, before in _sent(page).items() if to[name] != before}
            )
            for record in page:
                await self.link.send(_command(record.setpoint, devices[record.setpoint.pod_id]))


def _sent(page: Sequence[TrackedSetpoint]) -> dict[str, str | None]:
    """Return the node that each setpoint was sent to before, by the setpoint's identifier."""
    return {each.setpoint.setpoint_id: each.device for each in page}


def _command(setpoint: Setpoint, device: str) -> SetpointCommand:
    return SetpointCommand(
        setpoint_id=setpoint.setpoint_id,
        device=device,
        pod_id=setpoint.pod_id,
        start_time=setpoint.start_time,
        duration_minutes=setpoint.duration_minutes,
        power_kw=setpoint.power_kw,
        power_kvar=setpoint.power_kvar,
    )


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
