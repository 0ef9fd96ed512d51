"""Why a device's message was refused, what would mend it, and how a device is, in plain words."""

from datetime import datetime, timedelta

from platone.messages.dead_letter import DeadLetterView
from platone.messages.metering import DeviceHealth, EnrolledDevice

_CLOSE = "It stays wrong: close it, and have the device send what it measured anew."

MENDING = {
    "message-oversize": ("It is longer than is taken.", _CLOSE),
    "malformed-message": ("It cannot be read.", "See to the device's program. " + _CLOSE),
    "device-mismatch": (
        "It came in another device's name than the one that signed it.",
        "Find out who sent it. " + _CLOSE,
    ),
    "signature-invalid": (
        "The device's key did not sign it.",
        "It may be forged, or the device has another key: look there. " + _CLOSE,
    ),
    "device-not-enrolled": (
        "The device is not enrolled.",
        (
            "The aggregator of its point of delivery enrols it; then take the message. A key "
            "that was revoked never comes back."
        ),
    ),
    "pod-mismatch": (
        "It tells of another point of delivery than the device's.",
        "Where the device was moved: revoke it, and enrol it with a new key. " + _CLOSE,
    ),
    "sequence-reused": (
        "Its number was used before, for other content.",
        "The device may have lost its journal: enrol it with a new key. " + _CLOSE,
    ),
    "interval-taken": (
        "This time was read before, with another result.",
        (
            "If this one is right, the device sends it as a correction, with a higher revision; "
            "then close this one."
        ),
    ),
    "instant-out-of-range": (
        "It lies outside the years 2000 to 2099.",
        "Set the device's clock. " + _CLOSE,
    ),
    "interval-in-future": (
        "Its time is not over yet, by the market's clock.",
        (
            "Nothing is to be done: the device sends it again. If it stays, one of the two clocks "
            "is wrong; set it, and take the message."
        ),
    ),
    "duration-not-taken": (
        "Its interval has a length that is not taken.",
        "Set the device to 1, 3, 5, 15, 30 or 60 minutes. " + _CLOSE,
    ),
    "interval-misaligned": (
        "Its interval does not begin at a multiple of its length.",
        "See to the device's program. " + _CLOSE,
    ),
    "energy-implausible": (
        "It is more energy than the point of delivery can carry.",
        (
            "If the contracted power has risen: have it registered, enrol the device again, and "
            "take the message. Else look at the meter's factor, and close it."
        ),
    ),
    "registers-contradict": (
        "The energy is not what the meter's registers come to.",
        "The device sends the time without registers, estimated; then close this one.",
    ),
    "not-shared": (
        "It is stored, but another party refuses what is told of it.",
        (
            "Mend what that party names, such as a point of delivery that is not registered there; "
            "then take the message: it is told again."
        ),
    ),
}
"""By the problem of a refused message: why it was refused, and what would mend it."""

_HEALTH = {
    DeviceHealth.REVOKED: ("revoked", "over"),
    DeviceHealth.REFUSED: ("refused", "over"),
    DeviceHealth.NEVER_HEARD: ("never heard", "near"),
    DeviceHealth.SILENT: ("silent", "over"),
    DeviceHealth.WELL: ("well", "good"),
}


def mending_of(letter: DeadLetterView) -> tuple[str, str]:
    """Return why a message was refused, and what would mend it; nothing where that is not known."""
    return MENDING.get(letter.reason, ("", ""))


def health_of_device(device: EnrolledDevice) -> tuple[str, str]:
    """Return a device's health in words, and its meaning as a colour."""
    return _HEALTH.get(device.health, ("", "")) if device.health else (device.status, "")


def age_in_words(since: datetime | None, now: datetime) -> str:
    """Return how long ago something was; nothing where it never was."""
    if since is None:
        return ""
    age = now - since
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1))):
        if age >= length:
            count = age // length
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    minutes = max(age // timedelta(minutes=1), 0)
    return f"{minutes} minute{'s' if minutes != 1 else ''} ago"
