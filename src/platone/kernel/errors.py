"""Errors that carry fields, and become documented problems (RFC 9457) at the edge."""

from collections.abc import Iterable
from enum import Enum
from types import TracebackType
from typing import ClassVar

from platone.kernel.decoder_message import in_words


class Kind(Enum):
    """The kinds of errors by what a caller can do; the HTTP edge maps each to a status."""

    MALFORMED = "malformed"
    """The call itself has not the form that its standard asks for."""
    INVALID = "invalid"
    """The content is wrong: mend it before sending again."""
    UNAUTHENTICATED = "unauthenticated"
    """Nobody is known by these credentials."""
    FORBIDDEN = "forbidden"
    """The caller is known, but has no right to this."""
    NOT_FOUND = "not-found"
    """There is no such thing."""
    CONFLICT = "conflict"
    """It contradicts what is already stored, or the state that a thing is in."""
    TOO_LARGE = "too-large"
    """It passes a bound on size."""
    TOO_OFTEN = "too-often"
    """It came too often: wait before the next one."""
    TOO_EARLY = "too-early"
    """It may be right later, as where clocks differ: send the same again, it is not refused."""
    UNAVAILABLE = "unavailable"
    """Something else does not answer: the same call may work later."""


class PlatoneError(Exception):
    """The root of all errors of the platform.

    A subclass is a documented problem type: ``slug`` names it on the wire, its docstring
    explains it to whoever receives it, and ``fields`` say which element it is about. ``others``
    are further reasons of the same refusal.

    Args:
        detail: One sentence on this occurrence, naming what and where. What a decoder says in it
            of a wrong value is put in words.
        **fields: Facts of this occurrence, JSON-encodable, named as on the wire (camelCase).
    """

    slug: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"
    kind: ClassVar[Kind] = Kind.INVALID

    def __init__(self, detail: str, **fields: object) -> None:
        self.detail = in_words(detail)
        super().__init__(self.detail)
        self.fields = fields
        self.others: tuple[PlatoneError, ...] = ()

    def __reduce__(self) -> tuple[object, ...]:
        """Return how the error is restored in another process, whatever its constructor takes."""
        return _restored, (type(self), self.args, self.__dict__)


def raise_all(problems: Iterable[PlatoneError]) -> None:
    """Raise the first of some problems, which then tells the others too; nothing without any."""
    found = [one for each in problems for one in (each, *each.others)]
    if found:
        first, *others = found
        first.others = tuple(others)
        raise first


class Reasons:
    """All reasons of a refusal: the problems of the blocks that it is the context of.

    ::

        reasons = Reasons()
        with reasons:
            check_this(message)
        with reasons:
            check_that(message)
        reasons.raise_all()
    """

    def __init__(self) -> None:
        self._found: list[PlatoneError] = []

    def __enter__(self) -> None:
        """Begin a block whose problem is noted."""

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> bool:
        """Note the problem that ended the block; what may pass by itself goes on, as errors do."""
        if not isinstance(error, PlatoneError) or error.kind is Kind.UNAVAILABLE:
            return False
        self._found += (error, *error.others)
        error.others = ()
        return True

    def raise_all(self) -> None:
        """Raise the first of the problems with all others, if there are any."""
        raise_all(self._found)


def _restored(
    kind: type[PlatoneError], args: tuple[object, ...], state: dict[str, object]
) -> PlatoneError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class MalformedMessage(PlatoneError):
    """The body is not JSON of the documented form: see the field that `detail` names."""

    slug = "malformed-message"
    title = "The message is malformed"


class DuplicateIdentifier(PlatoneError):
    """This identifier was used before, with other content. Send a new identifier instead.

    The same identifier with the same content is no error: it answers "alreadySubmitted".
    """

    slug = "duplicate-identifier"
    title = "The identifier was used before with other content"
    kind = Kind.CONFLICT


class NotOwner(PlatoneError):
    """The caller's party may not read or write what belongs to another party."""

    slug = "not-owner"
    title = "This belongs to another party"
    kind = Kind.FORBIDDEN


def problem_types(root: type[PlatoneError] = PlatoneError) -> list[type[PlatoneError]]:
    """Return every documented problem type that has been imported, sorted by slug."""
    found = {root}
    for child in root.__subclasses__():
        found.update(problem_types(child))
    return sorted(found, key=lambda kind: kind.slug)
