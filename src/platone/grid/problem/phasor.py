"""Errors of phasor measurements.

The first two refuse a whole message. The others are of one reading or component: they are named,
and the rest of the message is calculated.
"""

from platone.kernel.errors import Kind, PlatoneError


class PhasorDeviceMismatch(PlatoneError):
    """The message names another device than the topic that it came on."""

    slug = "phasor-device-mismatch"
    title = "The message is another device's"
    kind = Kind.FORBIDDEN


class AngleUnitContradicted(PlatoneError):
    """The angles of a phasor message cannot be in the unit that its device is configured with.

    With radians: an angle is larger than a full turn, as degrees are. With degrees: the three
    phases of a component stand a third of a turn apart if they are read as radians, and nearly
    in one direction if they are read as degrees. The message is refused whole, because its other
    angles may be wrong too. Configure the device with `PUT /api/dso/phasorDevices/{device}`.
    """

    slug = "phasor-angle-unit"
    title = "The angles are in another unit"


class PhasorReadingMalformed(PlatoneError):
    """A reading is not of the documented form, such as one of an unknown measurand or phase."""

    slug = "phasor-reading-malformed"
    title = "A phasor reading is malformed"


class PhasorReadingImplausible(PlatoneError):
    """A reading lies beyond what can be: a negative magnitude, or an angle of many turns.

    Magnitudes are 0 to 1,000,000 V (phase to ground) or A, angles at most one full turn.
    """

    slug = "phasor-reading-implausible"
    title = "A phasor reading is implausible"


class PhasorReadingTwice(PlatoneError):
    """A message gives the same quantity twice, with different values; neither is taken."""

    slug = "phasor-reading-twice"
    title = "A phasor reading contradicts another"


class PhasorIncomplete(PlatoneError):
    """The power of a component cannot be calculated, or not of all its phases.

    The power of a phase needs magnitude and angle of both its voltage and its current; the total
    needs the power of all three phases. `missing` says what is not there. Where the voltage is
    measured at another component, name it in the device's `voltageOf`.
    """

    slug = "phasor-incomplete"
    title = "Phasors are missing"
