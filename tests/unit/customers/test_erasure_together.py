"""A context's part of an erasure where several servers run it."""

from datetime import UTC, datetime, timedelta

from platone.customers.domain.erasure import together
from platone.messages.erasure import ErasurePart

SOON = datetime(2021, 6, 24, tzinfo=UTC)
LATER = SOON + timedelta(days=3)


def part(state: str, until: datetime | None = None) -> ErasurePart:
    return ErasurePart(context="aggregator", state=state, until=until)  # type: ignore[arg-type]


def test_it_is_done_once_every_server_has_done_it() -> None:
    assert together([part("done"), part("done")]).state == "done"
    assert together([part("done"), part("waiting")]).state == "waiting"


def test_the_first_that_may_go_on_is_asked_again_first() -> None:
    waiting = [part("waiting", LATER), part("done"), part("waiting", SOON)]
    assert together(waiting).until == SOON
    assert together([*waiting, part("waiting")]).until is None
