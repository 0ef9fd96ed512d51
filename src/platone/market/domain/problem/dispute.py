"""Problems that disputes about settlement lines tell."""

from platone.kernel.errors import Kind, PlatoneError


class UnknownDispute(PlatoneError):
    """There is no such dispute or settlement line, or it does not concern the caller."""

    slug = "unknown-dispute"
    title = "There is no such dispute or line"
    kind = Kind.NOT_FOUND


class DisputeTooLate(PlatoneError):
    """The line was delivered too long ago to be disputed; `until` says when it still could be."""

    slug = "dispute-too-late"
    title = "The line can no longer be disputed"
    kind = Kind.CONFLICT


class DisputeClosed(PlatoneError):
    """The dispute is decided or withdrawn: nothing more is added. A new one can be opened.

    Only where it was upheld may those concerned add to it, until what it waits for has come.
    """

    slug = "dispute-closed"
    title = "The dispute is closed"
    kind = Kind.CONFLICT


class DisputeNotYours(PlatoneError):
    """Only the market operator decides a dispute, and only who opened it withdraws it."""

    slug = "dispute-not-yours"
    title = "The caller may not end the dispute so"
    kind = Kind.FORBIDDEN


class LineInDispute(PlatoneError):
    """The line is disputed already, and that dispute runs: `dispute` names it.

    Whom the line concerns can add to it there. It runs until it is decided; where it was upheld,
    until what it waits for has come or is overdue.
    """

    slug = "line-in-dispute"
    title = "The line is disputed already"
    kind = Kind.CONFLICT
