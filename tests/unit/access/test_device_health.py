"""A device's health in a word: the rules of the page that tells them, at their edges."""

from datetime import UTC, datetime, timedelta

import pytest

from platone.access.domain.device_health import DeviceNews
from platone.access.domain.validation import Device, DeviceStatus
from platone.messages.metering import DeviceHealth

NOW = datetime(2021, 6, 23, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def news(heard: timedelta | None, refused: timedelta | None = None, *, stands: bool = True) -> str:
    status = DeviceStatus.ACTIVE if stands else DeviceStatus.REVOKED
    found = DeviceNews(
        Device("0x" + "0" * 40, "IT001E00000001", "ACEAE", 3.0, status),
        last_message_at=None if heard is None else NOW - heard,
        refused=0 if refused is None else 1,
        last_refused_at=None if refused is None else NOW - refused,
    )
    return found.health(NOW).value


@pytest.mark.parametrize(
    ("heard", "refused", "told"),
    [
        (None, None, "neverHeard"),
        (None, HOUR, "refused"),
        (timedelta(), None, "well"),
        (2 * HOUR, None, "well"),
        (2 * HOUR + timedelta(seconds=1), None, "silent"),
        (3 * HOUR, 2 * HOUR, "refused"),
        (HOUR, 2 * HOUR, "well"),
        (HOUR, HOUR, "well"),  # of one batch: what was taken is news as good
        (3 * HOUR, 4 * HOUR, "silent"),
    ],
)
def test_the_first_rule_that_holds_is_told(
    heard: timedelta | None, refused: timedelta | None, told: str
) -> None:
    assert news(heard, refused) == told
    assert news(heard, refused, stands=False) == "revoked"


def test_every_word_is_told_of_some_device() -> None:
    told = {
        news(None),
        news(None, HOUR),
        news(HOUR),
        news(3 * HOUR),
        news(HOUR, stands=False),
    }
    assert told == {each.value for each in DeviceHealth}
