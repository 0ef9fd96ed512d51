"""Take the meter's new readings, sign them, and keep them before anything is sent."""

from platone.kernel.clock import Clock
from platone.kernel.signature import SigningKey
from platone.node.domain import pack
from platone.node.service.ports import Journal, Meter


async def collect(meter: Meter, journal: Journal, key: SigningKey, clock: Clock) -> int:
    """Keep what the meter has measured since the last time.

    Returns:
        How many messages were made. They are durable: a node that is killed afterwards still
        has them, and one that is killed before reads the same intervals again.
    """
    readings = await meter.read(await journal.read_until())
    if not readings:
        return 0
    now = clock.now()
    kept = await journal.keep(lambda first: tuple(pack(key, first, now, readings)))
    return len(kept)
