"""The problems of a consortium, and of its validators."""

from platone.kernel.errors import Kind, PlatoneError


class ConsortiumInvalid(PlatoneError):
    """A file of a chain's consortium has a fault, or a change in it is not agreed.

    The detail says what is wrong, and where.
    """

    slug = "consortium-invalid"
    title = "The consortium's file does not hold"


class ValidatorStopped(PlatoneError):
    """CometBFT ended beside a validator; the detail holds its last words. It is started again."""

    slug = "validator-stopped"
    title = "CometBFT has ended"
    kind = Kind.UNAVAILABLE


class ValidatorDiffers(PlatoneError):
    """A validator comes to another state than the one that the others agreed, and stops for good.

    Its chain's file or its program is not as it should be, or it was altered: bring back a copy, or
    let it begin anew from the others.
    """

    slug = "validator-differs"
    title = "The validator differs from the others"
    kind = Kind.CONFLICT


class SoftwareOutdated(PlatoneError):
    """Members agreed a contract's code that this version of the software does not know.

    Whoever runs it takes no further part, rather than guess what the contract does now: install a
    version that knows the code, and start it again.
    """

    slug = "software-outdated"
    title = "This software is older than a contract's code"
    kind = Kind.CONFLICT
