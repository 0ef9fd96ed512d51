"""Arguments of a study that are of another kind, or none of the choices, are refused in words."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, get_args
from zoneinfo import ZoneInfo

from platone.grid.network.model import Network
from platone.grid.problem.study import ArgumentInvalid
from platone.grid.profile.metering import Metering

_Item = TypeVar("_Item")


def require_choice(name: str, value: object, choices: Any) -> None:
    """Refuse a value that is none of the choices of a ``Literal``.

    Raises:
        ArgumentInvalid: It is none of them; the detail lists them.
    """
    known = get_args(choices)
    if not isinstance(value, str) or value not in known:
        detail = f"{name} is {value!r}, but must be one of: {', '.join(known)}."
        raise ArgumentInvalid(detail, argument=name, choices=list(known))


def require_zone(zone: object) -> None:
    """Refuse a zone that is not known.

    Raises:
        ArgumentInvalid: There is no such zone.
    """
    try:
        ZoneInfo(zone)  # type: ignore[arg-type]  # what is no text is refused
    except (KeyError, TypeError, AttributeError, ValueError, OSError) as error:  # OSError: folders
        detail = f"There is no zone {zone!r}; zones have IANA names such as Europe/Rome."
        raise ArgumentInvalid(detail, argument="zone") from error


def require_kind(name: str, value: object, kinds: type | tuple[type, ...], mend: str) -> None:
    """Refuse a value of another kind, such as a path in place of what is read from it.

    Args:
        name: The argument's name.
        value: What was given.
        kinds: What it may be.
        mend: How to get one of them.

    Raises:
        ArgumentInvalid: It is of none of the kinds.
    """
    if not isinstance(value, kinds):
        wanted = kinds if isinstance(kinds, tuple) else (kinds,)
        names = " or ".join(each.__name__ for each in wanted)
        detail = f"{name} must be of kind {names}, but is of kind {type(value).__name__}: {mend}."
        raise ArgumentInvalid(detail, argument=name, got=type(value).__name__)


def require_flags(**flags: object) -> None:
    """Refuse what is neither True nor False, such as a text, which Python takes for true.

    Raises:
        ArgumentInvalid: One is of another kind; the detail names it.
    """
    for name, value in flags.items():
        require_kind(name, value, bool, "it is True or False")


def require_network(network: object) -> None:
    """Refuse what is no network.

    Raises:
        ArgumentInvalid: It is something else.
    """
    require_kind("network", network, Network, "read it with read_network")


def require_metering(metering: object) -> None:
    """Refuse what is no metering.

    Raises:
        ArgumentInvalid: It is something else.
    """
    require_kind("metering", metering, Metering, "read it with read_metering")


def checked_each(
    name: str, values: Iterable[_Item], kinds: type | tuple[type, ...], mend: str
) -> Sequence[_Item]:
    """Return values as a sequence, each of which is of one of some kinds.

    Raises:
        ArgumentInvalid: One is of another kind, or there is no sequence at all.
    """
    require_kind(name, values, (Iterable,), mend)
    found = values if isinstance(values, list | tuple) else tuple(values)
    for place, each in enumerate(found):
        require_kind(f"{name}[{place}]", each, kinds, mend)
    return found
