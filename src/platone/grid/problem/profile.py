"""Errors of calendars and of typical days."""

from platone.kernel.errors import Kind, PlatoneError


class CalendarInvalid(PlatoneError):
    """No calendar can be made: the country, its part or a local holiday is not known.

    Countries are ISO 3166-1 codes such as `IT`, parts of them as ISO 3166-2 names them after the
    hyphen (`BY` for Bavaria), local holidays `MM-DD`.
    """

    slug = "calendar-invalid"
    title = "There is no such calendar"


class ProfileMissing(PlatoneError):
    """A consumer has no typical day, so nothing can be expected of it.

    `consumers` names them. Build profiles from metering that holds them, or give their power.
    """

    slug = "profile-missing"
    title = "There is no profile"
    kind = Kind.NOT_FOUND
