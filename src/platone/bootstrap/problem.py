"""What can go wrong before a server answers."""

from platone.kernel.errors import Kind, PlatoneError


class ServerFailed(PlatoneError):
    """The server did not start; `detail` says why."""

    slug = "server-failed"
    title = "The server did not start"
    kind = Kind.UNAVAILABLE
