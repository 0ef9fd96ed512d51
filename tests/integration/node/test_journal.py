"""The node's journal over a real SQLite file."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from platone.kernel.signature import SigningKey
from platone.messages.metering import Reading, SetpointCommand
from platone.node.domain.message import SetpointRefused, seal_readings
from platone.node.records import Journal

KEY = SigningKey(b"\x05" * 32)
NOW = datetime(2021, 6, 23, 12, tzinfo=UTC)


def readings(count: int) -> list[Reading]:
    return [
        Reading(
            pod_id="IT002E61899978",
            start_time=NOW + index * timedelta(minutes=15),
            duration_minutes=15,
            energy_wh=index,
        )
        for index in range(count)
    ]


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    opened = Journal(tmp_path / "node.db")
    await opened.open()
    yield opened
    await opened.close()


async def test_kept_messages_are_there_after_a_restart(journal: Journal, tmp_path: Path) -> None:
    kept = await journal.keep(lambda first: tuple(seal_readings(KEY, first, NOW, readings(250))))
    again = Journal(tmp_path / "node.db")
    await again.open()
    assert await again.waiting(10) == list(kept)
    assert await again.read_until() == NOW + timedelta(minutes=15 * 250)
    await again.close()


async def test_numbers_are_never_used_twice(journal: Journal, tmp_path: Path) -> None:
    (first,) = await journal.keep(lambda start: tuple(seal_readings(KEY, start, NOW, readings(1))))
    assert await journal.settle(first.sequence, first.message_hash, None)
    await journal.close()
    again = Journal(tmp_path / "node.db")
    await again.open()
    (second,) = await again.keep(lambda start: tuple(seal_readings(KEY, start, NOW, readings(1))))
    assert second.sequence == first.sequence + 1
    await again.close()
    lost = Journal(tmp_path / "new.db")
    await lost.open()
    (third,) = await lost.keep(lambda start: tuple(seal_readings(KEY, start, NOW, readings(1))))
    assert third.sequence > second.sequence
    await lost.close()


async def test_only_the_receipt_of_this_very_message_settles_it(journal: Journal) -> None:
    (sealed,) = await journal.keep(lambda start: tuple(seal_readings(KEY, start, NOW, readings(1))))
    assert not await journal.settle(sealed.sequence, "00" * 32, None)
    assert not await journal.settle(sealed.sequence + 1, sealed.message_hash, None)
    assert await journal.count() == (1, 0)
    assert await journal.settle(sealed.sequence, sealed.message_hash, "pod-mismatch")
    assert await journal.count() == (0, 1)
    assert await journal.waiting(10) == []
    # A refused message is kept, and goes when the access layer has replayed it.
    assert await journal.settle(sealed.sequence, sealed.message_hash, None)
    assert await journal.count() == (0, 0)


async def test_setpoints_are_remembered_with_their_answers(journal: Journal) -> None:
    def command(power_kw: float) -> SetpointCommand:
        return SetpointCommand(
            setpoint_id="s",
            device=KEY.address,
            pod_id="IT002E61899978",
            start_time=NOW,
            duration_minutes=15,
            power_kw=power_kw,
        )

    assert await journal.remember(command(1.0)) is None
    assert await journal.open_setpoints() == [command(1.0)]
    await journal.answer("s", b"signed")
    assert await journal.remember(command(1.0)) == b"signed"
    assert await journal.open_setpoints() == []
    with pytest.raises(SetpointRefused):
        await journal.remember(command(2.0))
