"""The problems of clearing, of outcomes, and of their recordings."""

from platone.kernel.errors import Kind, PlatoneError


class UnknownOutcome(PlatoneError):
    """There is no outcome or settlement of this identifier (yet)."""

    slug = "unknown-outcome"
    title = "There is no such outcome"
    kind = Kind.NOT_FOUND


class RecordingErased(PlatoneError):
    """A person who took part was erased, so that the recording is not whole any more.

    The outcome and what the others have of it stand; its hash on the chain is that of the whole.
    """

    slug = "recording-erased"
    title = "The recording was erased"
    kind = Kind.NOT_FOUND


class OutcomeMismatch(PlatoneError):
    """The technical outcome is not about the same trades as the market outcome.

    It answers every point of delivery and quarter-hour that has a trade, each once, and no
    other; kind, start, duration and identifier are the market outcome's.
    """

    slug = "outcome-mismatch"
    title = "The technical outcome does not match the market outcome"


class OutcomeBeyondAccepted(PlatoneError):
    """The technical outcome goes beyond what the market accepted.

    Validation may only cut: its total lies between baseline and accepted total, both included;
    "NOK" means the baseline.
    """

    slug = "outcome-beyond-accepted"
    title = "Validation can cut a trade, not extend it"


class RecordingInvalid(PlatoneError):
    """The recorded session contradicts itself, so it cannot be cleared or settled again."""

    slug = "recording-invalid"
    title = "The recorded session contradicts itself"


class ClearingFailed(PlatoneError):
    """The least cost of a session was not found in its time; `status` is the optimiser's word."""

    slug = "clearing-failed"
    title = "The session could not be cleared"
    kind = Kind.UNAVAILABLE
