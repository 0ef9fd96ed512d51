"""Problems of calculations that are made in processes of their own."""

from platone.kernel.errors import Kind, PlatoneError


class CalculationQueueFull(PlatoneError):
    """So many calculations wait already that no more are taken now.

    Nothing of the call was done. Send it again after as many seconds as `Retry-After` says. The
    operator sets how many may wait (`calculation_queue`; half as many of one party) and how many
    run at once (`calculation_processes`).
    """

    slug = "calculation-queue-full"
    title = "Too many calculations wait"
    kind = Kind.UNAVAILABLE


class CalculationLost(PlatoneError):
    """The process that made this calculation has ended before its end.

    Most often the system was short of memory. Other calculations are not affected, and nothing of
    this one was kept: the same call may work later, or with a smaller network.
    """

    slug = "calculation-lost"
    title = "The calculation was lost"
    kind = Kind.UNAVAILABLE


class CalculationTooLong(PlatoneError):
    """The calculation took longer than any may, and was ended; nothing of it was kept.

    Ask for less: a smaller network, fewer quarter-hours or consumers. The operator sets the bound
    (`calculation_seconds`).
    """

    slug = "calculation-too-long"
    title = "The calculation took too long"
    kind = Kind.UNAVAILABLE


class CalculationTooLarge(PlatoneError):
    """The calculation, or its result, passes the memory that one may have; nothing was kept.

    Ask for less: a smaller network, fewer quarter-hours or consumers. The operator sets the bound
    (`calculation_memory_mib`).
    """

    slug = "calculation-too-large"
    title = "The calculation needs too much memory"
    kind = Kind.UNAVAILABLE


class CalculationUnavailable(PlatoneError):
    """No process for calculations can be started now, or the server stops.

    The same call works when the system lets the server start processes again; the log and
    `/health` tell why it does not.
    """

    slug = "calculation-unavailable"
    title = "Nothing can be calculated now"
    kind = Kind.UNAVAILABLE


class UnknownJob(PlatoneError):
    """There is no such calculation of yours: it is another party's, was cancelled, or is past.

    Results are kept for some minutes and do not survive a restart of the server: ask again.
    """

    slug = "unknown-job"
    title = "There is no such calculation"
    kind = Kind.NOT_FOUND


class JobUnfinished(PlatoneError):
    """The calculation has no result yet. Its address tells when it has."""

    slug = "job-unfinished"
    title = "The calculation is not finished"
    kind = Kind.TOO_EARLY
