"""Alignment with the DSO's operational system (D3.6, 3.4.4).

The operational system owns the network: the platform works on its copy. They shake hands over the
version; where it differs, the operational system sends the whole network first. Then it sends
events, numbered without gaps, and every calculation sees the network as it is switched now.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from platone.dso.domain.alignment import Alignment, NumberedEvent
from platone.dso.domain.network_key import NetworkKey
from platone.dso.domain.problem import AlignmentClosed, EventGap
from platone.dso.records.alignment import AlignmentRecords
from platone.dso.service.calculation.network import event_faults
from platone.dso.service.network import FindNetwork
from platone.infra.calculation.desk import CalculationDesk
from platone.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class Handshake:
    """The platform's answer to a connection.

    Attributes:
        alignment: The alignment, open or not.
        is_aligned: Whether both have the same version; if not, the network must be sent first.
        in_force: The version that the platform has; none where it has no network.
    """

    alignment: Alignment | None
    is_aligned: bool
    in_force: NetworkKey | None


@dataclass(frozen=True, slots=True)
class EventsTaken:
    """The result of taking events: the last number, and the refused ones.

    Attributes:
        last_sequence: The last number that is stored.
        refused: Why, by number; a refused event counts as taken and changes nothing.
    """

    last_sequence: int
    refused: dict[int, str]


@dataclass(frozen=True, slots=True)
class Align:
    """Shakes hands with the operational system.

    Args:
        alignments: Where alignments are kept.
        clock: The market's clock.
    """

    alignments: AlignmentRecords
    clock: Clock

    async def __call__(self, version: NetworkKey) -> Handshake:
        """Open an alignment if both have the same network in force; close the one before.

        A version that was stored earlier and is not in force comes into force again: storing it
        once more would change nothing.
        """
        in_force = await self.alignments.in_force()
        if in_force != version and await self.alignments.reinstate(version):
            in_force = version
        if in_force != version:
            await self.alignments.close()
            return Handshake(None, is_aligned=False, in_force=in_force)
        opened = Alignment(uuid.uuid4().hex, version, last_sequence=0)
        await self.alignments.open(opened, self.clock.now())
        return Handshake(opened, is_aligned=True, in_force=in_force)

    async def current(self) -> Handshake:
        """Return the state of the alignment."""
        in_force, alignment = await self.alignments.in_force(), await self.alignments.current()
        aligned = alignment is not None and alignment.version == in_force
        return Handshake(alignment, is_aligned=aligned, in_force=in_force)


@dataclass(frozen=True, slots=True)
class TakeEvents:
    """Takes events and has the association of PoDs made again after a switching.

    Args:
        alignments: Where they are kept.
        find: Finds the network in force as it is switched now.
        desk: Judges events by it.
        switched: Called after events that changed the network have been stored.
    """

    alignments: AlignmentRecords
    find: FindNetwork
    desk: CalculationDesk
    switched: Callable[[], None]

    async def __call__(self, alignment: str, events: Sequence[NumberedEvent]) -> EventsTaken:
        """Store events; those that were stored before are skipped.

        Raises:
            AlignmentClosed: The alignment is not, or no more, the open one.
            EventGap: Events before these are missing; nothing is stored.
        """
        current = await self.alignments.current()
        in_force = await self.alignments.in_force()
        if current is None or current.id != alignment or current.version != in_force:
            raise AlignmentClosed(f"The alignment {alignment!r} is not open: shake hands again.")
        fresh = [each for each in events if each.sequence > current.last_sequence]
        for expected, each in enumerate(fresh, start=current.last_sequence + 1):
            if each.sequence != expected:
                raise EventGap(
                    f"Event {expected} is missing before {each.sequence}.", expected=expected
                )
        network = await self.find()
        happened = [each.event for each in fresh]
        faults = await self.desk.run(event_faults, network, happened, urgent=True)
        refused = {
            each.sequence: reason for each, reason in zip(fresh, faults, strict=True) if reason
        }
        if fresh:
            taken = [each for each in fresh if each.sequence not in refused]
            await self.alignments.take(current, taken, fresh[-1].sequence)
            if taken:
                self.switched()
        last = fresh[-1].sequence if fresh else current.last_sequence
        return EventsTaken(last, refused)
