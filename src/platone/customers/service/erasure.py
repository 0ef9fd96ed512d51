"""Erasure of a person's data: asked for once, then walked through all contexts until it is done."""

import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from platone.customers.domain.erasure import OWN, StoredErasure, first_parts
from platone.customers.domain.pod import end
from platone.customers.domain.problem import ErasureUnknown, NothingToErase
from platone.customers.records.erasure import ErasureRecords
from platone.customers.records.pod import PodRecords
from platone.kernel.clock import Clock
from platone.kernel.errors import PlatoneError
from platone.messages.erasure import ErasureOrder, ErasurePart

_log = logging.getLogger(__name__)
_ID_BYTES = 16
"""Bytes of an erasure's identifier: nobody guesses it, and it says nothing of whom it is about."""

_FIRST_PAUSE_S = 1.0
"""First pause before a context is asked again that named an instant until which it waits, s."""
_LONGEST_PAUSE_S = 60.0
"""Longest such pause, s: what it waits for may take weeks, and be over earlier."""

Ask = Callable[[ErasureOrder], Awaitable[ErasurePart]]


@dataclass(frozen=True, slots=True)
class RequestErasure:
    """Takes requests for erasure.

    Args:
        erasures: Where they are stored.
        pods: The registrations, which end.
        clock: The market's clock.
        announced: Says that the market has to be told, and that there is something to do.
    """

    erasures: ErasureRecords
    pods: PodRecords
    clock: Clock
    announced: Callable[[], None]

    async def __call__(
        self, customer_id: str | None, pod_ids: list[str], party: str
    ) -> tuple[StoredErasure, bool]:
        """End what is registered for a person, and begin the erasure; return if it is new.

        Raises:
            NothingToErase: There is nothing.
        """
        wanted = list(dict.fromkeys(pod_ids))
        if customer_id is not None:
            wanted += [
                each for each in await self.erasures.pods_of(customer_id) if each not in wanted
            ]
        if not wanted:
            raise NothingToErase("Nothing is registered for this person.")
        async for known in self.erasures.open():
            if set(wanted) <= set(known.pod_ids):
                return known, False
        now = self.clock.now()
        registered = (await self.pods.find(wanted)).values()
        ended = [end(each, int(now.timestamp())) for each in registered]
        name, parts = secrets.token_hex(_ID_BYTES), tuple(first_parts())
        made = StoredErasure(name, customer_id, tuple(wanted), now, None, parts)
        await self.erasures.add(made, [each for each in ended if each is not None], party)
        self.announced()
        return made, True

    async def find(self, erasure_id: str) -> StoredErasure:
        """Return an erasure by its identifier, with how far each context is.

        Raises:
            ErasureUnknown: There is none.
        """
        found = await self.erasures.find(erasure_id)
        if found is None:
            raise ErasureUnknown(f"There is no erasure {erasure_id}.")
        return found


@dataclass(frozen=True, slots=True)
class WalkErasures:
    """Asks each context for its part of the open erasures, in order; it may be stopped anywhere.

    Every part can be asked for again: what is done stays done.

    Args:
        erasures: Where they are stored.
        ask: How each other context is asked.
        clock: The market's clock.
        monotonic_s: A clock that never goes back, s, by which pauses are measured.

    Attributes:
        pauses: Until when what waits for an instant to come is left alone, and for how long, s.
    """

    erasures: ErasureRecords
    ask: Mapping[str, Ask]
    clock: Clock
    monotonic_s: Callable[[], float] = time.monotonic
    pauses: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    async def __call__(self) -> None:
        """Go on with every open erasure as far as it goes now."""
        async for opened in self.erasures.open():
            found: StoredErasure | None = opened
            asked: set[str] = set()
            while found is not None and (due := [it for it in found.due() if it not in asked]):
                for context in due:
                    asked.add(context)
                    await self._do(found, context)
                found = await self.erasures.find(opened.id)

    async def _do(self, made: StoredErasure, context: str) -> None:
        """Have a context do its part; who does not answer is told, and asked again later."""
        (before,) = [part for part in made.parts if part.context == context]
        now = self.clock.now()
        if before.until is not None and before.until > now and not self._is_turn(made, context):
            return
        if context == OWN:
            await self.erasures.erase(made, now)
            return
        part = await self._answer(made, context)
        if part.until is None:
            self.pauses.pop((made.id, context), None)
        if part != before:
            await self.erasures.save_parts(made.id, [part, *made.anew(part)])

    async def _answer(self, made: StoredErasure, context: str) -> ErasurePart:
        """Return a context's answer about its part; its silence is told as a reason."""
        order = ErasureOrder(
            erasure_id=made.id, customer_id=made.customer_id, pod_ids=list(made.pod_ids)
        )
        try:
            return await self.ask[context](order)
        except (PlatoneError, msgspec.MsgspecError) as error:
            why = error.detail if isinstance(error, PlatoneError) else str(error)
            _log.warning("%s does not erase yet: %s", context, why)
            return ErasurePart(
                context=context, state="waiting", reason=f"it does not answer: {why}"
            )

    def _is_turn(self, made: StoredErasure, context: str) -> bool:
        """Return whether a context is asked again already: what it waits for may be over early.

        Each time after twice as long.
        """
        key, now_s = (made.id, context), self.monotonic_s()
        due_s, pause_s = self.pauses.get(key, (now_s + _FIRST_PAUSE_S, _FIRST_PAUSE_S))
        is_due = due_s <= now_s
        if is_due:
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            due_s = now_s + pause_s
        self.pauses[key] = due_s, pause_s
        return is_due
