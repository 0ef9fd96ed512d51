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


class RecordsElsewhere(PlatoneError):
    """The data folder has kept its records elsewhere than the settings say; `detail` says where.

    Records are either in files of the folder or on a database server. They are not moved from one
    to the other: starting would begin anew.
    """

    slug = "records-elsewhere"
    title = "The records are elsewhere"
    kind = Kind.UNAVAILABLE


class ClockUnreadable(PlatoneError):
    """The file in which a simulated clock is kept holds no instant; `detail` names it.

    Starting without it would let the clock go back behind what was recorded.
    """

    slug = "clock-unreadable"
    title = "The file of the clock cannot be read"
    kind = Kind.UNAVAILABLE


class CredentialsUnusable(PlatoneError):
    """The file of credentials, its authority or its address is not one to reach a market by.

    It has the form of the `credentials.json` that the market's server makes; a party is given the
    part that has its own client. `detail` says what is wrong.
    """

    slug = "credentials-unusable"
    title = "The market cannot be reached with these credentials"


class RequestsUnusable(PlatoneError):
    """The file of a simulated operator's requests is not of its form; `detail` says where."""

    slug = "requests-unusable"
    title = "The requests cannot be read"


class MarketSilent(PlatoneError):
    """A simulated operator has waited for the market for as long as it was told to."""

    slug = "market-silent"
    title = "The market did not come so far in time"
    kind = Kind.UNAVAILABLE


class PartnerClash(PlatoneError):
    """Two servers cannot be told apart: they have the same name, address, context or party.

    A party is at home on one server, which alone may speak for it; a context runs on one server;
    only of `aggregator` each aggregator may have its own.
    """

    slug = "partner-clash"
    title = "Another server has that already"
    kind = Kind.CONFLICT


class PartnerUnknown(PlatoneError):
    """There is no partner of this name: `platone partner list` lists them."""

    slug = "partner-unknown"
    title = "There is no such partner"
    kind = Kind.NOT_FOUND
