"""Collection of readings: the meter's new ones are signed and stored before any is sent."""

from platone.kernel.clock import Clock
from platone.kernel.signature import SigningKey
from platone.node.domain.message import seal_readings
from platone.node.records import Journal
from platone.node.service.ports import Meter


async def collect(meter: Meter, journal: Journal, key: SigningKey, clock: Clock) -> int:
    """Sign and store what the meter has measured since the last time.

    Returns:
        How many messages were made. They are durable: a node that is killed afterwards still
        has them, and one that is killed before reads the same intervals again.
    """
    readings = await meter.read(await journal.read_until())
    if not readings:
        return 0
    now = clock.now()
    kept = await journal.keep(lambda first: tuple(seal_readings(key, first, now, readings)))
    return len(kept)
