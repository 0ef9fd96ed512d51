"""The problems that keep a server from answering at all."""

from platone.kernel.errors import Kind, PlatoneError


class ServerFailed(PlatoneError):
    """The server did not start; `detail` says why."""

    slug = "server-failed"
    title = "The server did not start"
    kind = Kind.UNAVAILABLE


class RecordsMissing(PlatoneError):
    """Files of the data folder that an earlier start made are missing or empty.

    `detail` names them. Starting without them would answer as if nothing had ever been stored.
    """

    slug = "records-missing"
    title = "Records are missing"
    kind = Kind.UNAVAILABLE


class ClockUnreadable(PlatoneError):
    """The file in which a simulated clock is kept holds no instant; `detail` names it.

    Starting without it would let the clock go back behind what was recorded.
    """

    slug = "clock-unreadable"
    title = "The file of the clock cannot be read"
    kind = Kind.UNAVAILABLE
