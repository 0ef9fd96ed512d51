"""Problems that the dashboard tells its visitors."""

from collections.abc import Mapping

from platone.kernel.errors import Kind, PlatoneError

_NOT_MENDED = frozenset({"role-missing", "token-missing", "token-invalid", "case-missing"})
"""Refusals that are about who sends a form, not about what stands in it."""
_SERVER_ERROR = 500
"""The status from which on a context fails by itself."""


class SignInNeeded(PlatoneError):
    """The page is for people who signed in: the browser is sent to the page where that is done."""

    slug = "sign-in-needed"
    title = "Sign in first"
    kind = Kind.UNAUTHENTICATED


class SignInBroken(PlatoneError):
    """The sign-in was not begun in this browser, or too long ago. Begin it again."""

    slug = "sign-in-broken"
    title = "This sign-in cannot be finished"
    kind = Kind.MALFORMED


class CallRefused(PlatoneError):
    """A context refused the call that a page made in a person's name; `detail` is its own word."""

    slug = "call-refused"
    title = "This was refused"
    kind = Kind.FORBIDDEN

    def __init__(self, status: int, told: Mapping[str, object]) -> None:
        super().__init__(str(told.get("detail") or told.get("title") or "No reason was given."))
        self.status = status
        self.told_title = str(told.get("title") or self.title)
        self.told_slug = str(told.get("type") or "").removeprefix("/problems/")
        reasons = told.get("errors")
        self.reasons = [
            str(each.get("detail"))
            for each in (reasons if isinstance(reasons, list) else ())
            if isinstance(each, dict)
        ]


class StillCalculated(PlatoneError):
    """A page shows a calculation that takes longer than it waits: it is told at /grid/jobs."""

    slug = "still-calculated"
    title = "This is still being calculated"
    kind = Kind.UNAVAILABLE

    def __init__(self, job: str) -> None:
        super().__init__(
            "It takes longer than a page waits, and goes on: see your calculations on the page "
            "Grid, or open this page again later.",
            id=job,
        )
        self.job = job


class FieldWrong(PlatoneError):
    """A field of a form cannot be read; `field` names it."""

    slug = "field-wrong"
    title = "A field cannot be read"


def slug_of(refused: PlatoneError) -> str:
    """Return the name of a refusal: the context's own, or else ours."""
    return (refused.told_slug if isinstance(refused, CallRefused) else "") or refused.slug


def all_reasons(refused: PlatoneError) -> list[str]:
    """Return all reasons of a refusal in words, each once, the first one first."""
    told = [refused.detail, *(each.detail for each in refused.others)]
    told += refused.reasons if isinstance(refused, CallRefused) else []
    return list(dict.fromkeys(told))


def by_field(refused: PlatoneError) -> dict[str, str]:
    """Return the reasons that are about one field of a form, by its name."""
    return {
        str(each.fields["field"]): each.detail
        for each in (refused, *refused.others)
        if isinstance(each, FieldWrong) and "field" in each.fields
    }


def to_mend(refused: PlatoneError) -> list[str]:
    """Return the reasons of a refusal, to be shown with the form as it was typed.

    Raises:
        CallRefused: Nothing that is typed mends it: the person may not, or a context fails.
    """
    if isinstance(refused, CallRefused) and (
        refused.told_slug in _NOT_MENDED or refused.status >= _SERVER_ERROR
    ):
        raise refused
    return all_reasons(refused)
