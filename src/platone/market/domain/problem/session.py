"""The problems of sessions: what is not there, gates, states and deadlines."""

from platone.kernel.errors import Kind, PlatoneError


class UnknownSession(PlatoneError):
    """There is no such market session. `GET /api/marketSession` lists those there are."""

    slug = "unknown-session"
    title = "There is no such market session"
    kind = Kind.NOT_FOUND


class AmbiguousSession(PlatoneError):
    """Several sessions of this kind are open now: name one by its `startTime`."""

    slug = "ambiguous-session"
    title = "Name the session by its startTime"
    kind = Kind.CONFLICT


class MarketNotYetOpen(PlatoneError):
    """The session's gate has not opened yet: `gateOpens` says when it does.

    Send the same again then: it is not refused, and where clocks differ a moment may be enough.
    """

    slug = "market-not-yet-open"
    title = "The session is not open yet"
    kind = Kind.TOO_EARLY


class MarketClosed(PlatoneError):
    """The session's gate has closed. What comes after it can serve a later session only."""

    slug = "market-closed"
    title = "The session is closed"
    kind = Kind.CONFLICT


class SessionState(PlatoneError):
    """The session has not come as far as this needs, or has gone past it.

    Sessions go one way: created, active, closed, outcome, validated, and then settled, partlyPaid,
    notPaid or notTraded; those whose trades did not become final are cancelled or notValidated.
    """

    slug = "session-state"
    title = "The session is in another state"
    kind = Kind.CONFLICT


class ExtensionInvalid(PlatoneError):
    """An order extends to no instant, or to one that is not later than before, or too late.

    A gate is extended until delivery starts at most, a decision until delivery ends. `after` and
    `latest` are the bounds.
    """

    slug = "extension-invalid"
    title = "The extension has no sense"


class AnswerTooLate(PlatoneError):
    """The trades of the session had to be final before: nothing of it is activated, whatever comes.

    `decisionDue` is when. Nobody is penalised for what is not activated.
    """

    slug = "answer-too-late"
    title = "The answer to the outcome came too late"
    kind = Kind.CONFLICT


class SessionOffCalendar(PlatoneError):
    """No session starts at this instant, or its delivery has begun.

    Day-ahead sessions start at local midnight; real-time sessions at 00, 04, 08, 12, 16 and
    20 o'clock of the market's zone.
    """

    slug = "session-off-calendar"
    title = "The calendar has no such session"


class MarketTypeMissing(PlatoneError):
    """A request or offer names its market: set `marketType` to dayAhead or realTime."""

    slug = "market-type-missing"
    title = "The marketType is missing"
