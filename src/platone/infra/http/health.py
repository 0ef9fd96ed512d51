"""The server's health over REST: each background loop, its state and its age."""

from collections.abc import Callable, Iterable

from fastapi import APIRouter, Response

from platone.infra.http.wire import answer, documented
from platone.infra.supervision import LoopHealth, LoopState
from platone.messages.base import Instant, Message

_READY, _NOT_READY = "ready", "notReady"
_OK, _UNAVAILABLE = 200, 503
"""HTTP statuses by which a monitor tells ready from not ready."""


class LoopStatus(Message):
    """The health of a background loop.

    Attributes:
        state: running, failing (its last turn failed; it is tried again), stalled (its turn takes
            too long) or stopped.
        last_turn_at: When its last turn ended well, by the machine's clock; null before the first.
        age_s: Seconds since then, or since its start. A loop that waits for messages may be old.
        failures: Failed turns since the last one that ended well.
    """

    state: str
    last_turn_at: Instant | None
    age_s: float
    failures: int


class ServerHealth(Message):
    """The health of the server.

    Attributes:
        status: "ready" if all loops run, else "notReady".
        loops: The background loops by name.
    """

    status: str
    loops: dict[str, LoopStatus]


class ServerLife(Message):
    """The answer of a server that is alive."""

    status: str = "alive"


def health_router(loops: Callable[[], Iterable[LoopHealth]]) -> APIRouter:
    """Make the routes of the server's health; anyone may read them.

    Args:
        loops: Tells the health of all background loops.
    """
    router = APIRouter(tags=["health"])

    @router.get("/health", **documented(gives=ServerHealth, also={503: ServerHealth}))
    async def get_health() -> Response:
        """Tell if the server does all its work: 200 if every loop runs, else 503."""
        found = list(loops())
        is_ready = all(each.state is LoopState.RUNNING for each in found)
        health = ServerHealth(
            status=_READY if is_ready else _NOT_READY,
            loops={each.name: _status(each) for each in found},
        )
        return answer(health, _OK if is_ready else _UNAVAILABLE)

    @router.get("/health/live", **documented(gives=ServerLife))
    async def get_life() -> Response:
        """Tell that the server answers; a server that does not is to be started again."""
        return answer(ServerLife())

    return router


def _status(health: LoopHealth) -> LoopStatus:
    return LoopStatus(
        state=health.state.value,
        last_turn_at=health.last_turn_at,
        age_s=round(health.age_s, 1),
        failures=health.failures,
    )
