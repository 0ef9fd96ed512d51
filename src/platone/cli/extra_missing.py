"""A command whose part of the product is not installed says how to install it."""

from collections.abc import Iterator
from contextlib import contextmanager

from platone.kernel.errors import Kind, PlatoneError
from platone.kernel.extra import Extra


class ExtraMissing(PlatoneError):
    """A command needs packages that are not installed: install the extra that `detail` names."""

    slug = "extra-missing"
    title = "A part of the product is not installed"
    kind = Kind.UNAVAILABLE


@contextmanager
def needing(extra: Extra | None, command: str) -> Iterator[None]:
    """Run a command; if a package is not there, say which extra brings it.

    Args:
        extra: The extra that the command needs; none where a missing package is a fault.
        command: The command as it is typed after `platone`.

    Raises:
        ExtraMissing: A package of somebody else cannot be imported.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if extra is None or (error.name or "platone").partition(".")[0] == "platone":
            raise
        raise ExtraMissing(extra.is_missing_for(command)) from error
