"""The problems of endpoints at which participants want to be called."""

from platone.kernel.errors import Kind, PlatoneError


class WebhookNotAllowed(PlatoneError):
    """The endpoint is not called: it is no https address of a public host.

    Hosts of private, loopback and other special addresses are refused, so that nobody has the
    market call what stands beside it; its operator can allow them by setting.
    """

    slug = "webhook-not-allowed"
    title = "This endpoint is not called"


class WebhookMissing(PlatoneError):
    """The caller's party has registered no endpoint. `PUT /api/webhook` registers one."""

    slug = "webhook-missing"
    title = "There is no endpoint"
    kind = Kind.NOT_FOUND
