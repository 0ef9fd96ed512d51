"""Problems that the access layer tells; a refused message's device gets the slug."""

from platone.kernel.errors import Kind, PlatoneError


class MessageOversize(PlatoneError):
    """The message is longer than the access layer takes. Send fewer readings at once."""

    slug = "message-oversize"
    title = "The message is too long"
    kind = Kind.TOO_LARGE


class DeviceMismatch(PlatoneError):
    """The device of the topic, of the envelope and of the payload must be one and the same."""

    slug = "device-mismatch"
    title = "The message names different devices"
    kind = Kind.FORBIDDEN


class DeviceNotEnrolled(PlatoneError):
    """The device is not enrolled, or its enrolment was revoked. Its PoD's aggregator can enrol it.

    See POST /api/access/devices.
    """

    slug = "device-not-enrolled"
    title = "The device is not enrolled"
    kind = Kind.FORBIDDEN


class PodMismatch(PlatoneError):
    """A reading is of another point of delivery than the one its device is enrolled at."""

    slug = "pod-mismatch"
    title = "The reading is of another point of delivery"
    kind = Kind.FORBIDDEN


class IntervalTaken(PlatoneError):
    """There is a reading of this time already, with another value or of another length.

    `detail` names both. What comes later counts only if it says that it corrects: a higher
    `revision`, or measured where the earlier one was an estimate. All versions are kept.
    """

    slug = "interval-taken"
    title = "This time was read before, with another result"
    kind = Kind.CONFLICT


class EnergyImplausible(PlatoneError):
    """A reading's energy passes what the point of delivery can possibly carry.

    The bound is three times its contracted power, or 10 GW where no power is contracted.
    """

    slug = "energy-implausible"
    title = "The energy is implausible"


class RegistersContradict(PlatoneError):
    """A reading's energy is not the difference of the registers that it tells.

    Their difference counts modulo ten to the number of their digits, so that a counter that rolled
    over needs no more than its two showings. `detail` names both energies; a counter that was set
    back tells no energy, and such an interval is sent without registers, estimated.
    """

    slug = "registers-contradict"
    title = "The energy is not what the registers come to"


class SequenceReused(PlatoneError):
    """The device used this sequence number before, for a message with other content."""

    slug = "sequence-reused"
    title = "The sequence number was used before"
    kind = Kind.CONFLICT


class NotShared(PlatoneError):
    """The message is stored and has its receipt, but another party refuses what is told of it.

    `detail` has the call and that party's problem. Mend its cause, then replay the dead letter: the
    message's measurements and its certification are sent again.
    """

    slug = "not-shared"
    title = "Another party refuses what was stored"
    kind = Kind.CONFLICT


class PodUnknown(PlatoneError):
    """There is no such point of delivery. Register it with the Shared Customer Database first."""

    slug = "pod-unknown"
    title = "The point of delivery is not registered"
    kind = Kind.NOT_FOUND


class DeviceTaken(PlatoneError):
    """The device is enrolled at another point of delivery. Revoke it there first."""

    slug = "device-taken"
    title = "The device is enrolled elsewhere"
    kind = Kind.CONFLICT


class PodMetered(PlatoneError):
    """Another device is enrolled at this point of delivery. Revoke that one first."""

    slug = "pod-metered"
    title = "The point of delivery has a device already"
    kind = Kind.CONFLICT


class DeviceRevoked(PlatoneError):
    """The device's key was revoked, and never comes back: the device makes a new one."""

    slug = "device-revoked"
    title = "The device's key was revoked"
    kind = Kind.CONFLICT


class DeviceUnknown(PlatoneError):
    """There is no such device among those that you may see."""

    slug = "device-unknown"
    title = "The device is not known"
    kind = Kind.NOT_FOUND


class DeadLetterTaken(PlatoneError):
    """The message was taken and stored meanwhile: there is nothing to close."""

    slug = "dead-letter-taken"
    title = "The refused message was taken meanwhile"
    kind = Kind.CONFLICT


class DeadLetterUnknown(PlatoneError):
    """There is no dead letter of this number."""

    slug = "dead-letter-unknown"
    title = "The dead letter is not known"
    kind = Kind.NOT_FOUND
