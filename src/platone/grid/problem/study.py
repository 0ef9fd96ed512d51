"""The problems of a study: powers, bands, trades, and questions to results."""

from platone.kernel.errors import Kind, PlatoneError


class ArgumentInvalid(PlatoneError):
    """An argument is of another kind than the calculation needs, or none of its choices.

    `argument` names it, and `choices` lists what it may be where there are choices. A network or
    metering is given as it was read, not as the path of its file.
    """

    slug = "argument-invalid"
    title = "The argument does not fit the calculation"


class PowerInvalid(PlatoneError):
    """The power of a study does not fit its network: its shape, its instants or its numbers.

    Active and reactive power are arrays of numbers in kW and kvar, shape (instants, consumers),
    by phase (instants, consumers, 3), in the network's order of consumers. `expected` and `got`
    say what should stand there and what does.
    """

    slug = "power-invalid"
    title = "The power does not fit the network"


class InstantsMissing(PlatoneError):
    """A result is asked for at its instants, but was calculated from powers without any.

    Give the powers as a series, with the instants at which they are withdrawn.
    """

    slug = "instants-missing"
    title = "The instants are not known"


class VoltageBandInvalid(PlatoneError):
    """A voltage band is not of two numbers per unit of nominal, the lower one first, above 0.

    A band of 10 % is 0.9 to 1.1.
    """

    slug = "voltage-band-invalid"
    title = "The voltage band is not valid"


class TradeInvalid(PlatoneError):
    """A trade does not fit its study; `element` names what it is about.

    Its element must be a consumer of the network, its quarter-hour one of the run, and its
    numbers finite.
    """

    slug = "trade-invalid"
    title = "The trade does not fit the study"


class EventInvalid(PlatoneError):
    """A switching or tap change cannot be of this network; `element` names what it is about.

    Its element must be one that can be switched, or a transformer whose taps hold the position.
    """

    slug = "event-invalid"
    title = "The event cannot be of the network"


class FrameUnavailable(PlatoneError):
    """Data frames need pandas, which is not installed beside this package.

    `pip install pandas` mends it. A result's arrays and messages hold the same numbers.
    """

    slug = "frame-unavailable"
    title = "Data frames are not available"
    kind = Kind.UNAVAILABLE


class TableUnknown(PlatoneError):
    """A result has no table of this name; `tables` names those that it has."""

    slug = "table-unknown"
    title = "The result has no such table"
