"""The server's clock over REST: always shown, and moved forward only where it is simulated."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from platone.infra.http.change import record_change
from platone.infra.http.security import Principal, caller, require
from platone.infra.http.wire import answer, body, documented
from platone.kernel.clock import Clock, ClockRefused, SimulatedClock
from platone.messages.base import Instant, Message, Role


class ClockState(Message):
    """The state of the server's clock.

    Attributes:
        now: The instant.
        simulated: Whether it is a simulated clock, which can be moved.
    """

    now: Instant
    simulated: bool


class ClockMove(Message):
    """A move of a simulated clock to an instant that is not before what it shows."""

    now: Instant


def clock_router(clock: Clock, move_to: Callable[[datetime], None]) -> APIRouter:
    """Make the routes GET and PUT /api/clock.

    Args:
        clock: The clock.
        move_to: Moves it forward, and returns only when that is durable.
    """
    router = APIRouter(tags=["clock"])
    simulated = clock if isinstance(clock, SimulatedClock) else None

    def state() -> Response:
        return answer(ClockState(now=clock.now(), simulated=simulated is not None))

    @router.get("/api/clock", **documented(gives=ClockState))
    async def get_clock(_caller: Annotated[Principal, Depends(caller)]) -> Response:
        """Show the server's clock, and whether it is simulated."""
        return state()

    @router.put("/api/clock", **documented(ClockMove, ClockState))
    async def put_clock(
        request: Request,
        principal: Annotated[Principal, Depends(require(Role.MARKET_OPERATOR))],
        move: Annotated[ClockMove, body(ClockMove)],
    ) -> Response:
        """Move a simulated clock forward; what is due by then happens."""
        if simulated is None:
            raise ClockRefused("This server runs on the machine's clock; start it with --clock.")
        before = {"now": clock.now().isoformat(timespec="seconds")}
        move_to(move.now)
        after = {"now": move.now.isoformat(timespec="seconds")}
        await record_change(request, principal, ("clock", "the market's"), before, after)
        return state()

    return router
