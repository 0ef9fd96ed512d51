"""Networks made by hand are checked before they are calculated, once each."""

from collections.abc import Iterator
from dataclasses import fields
from numbers import Integral, Real
from typing import Any, get_args, get_type_hints
from weakref import WeakSet

import numpy as np

from platone.grid.network.check import check
from platone.grid.network.model import Network
from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid

_KINDS: dict[type, type] = {float: Real, int: Integral, str: str, bool: np.bool_}
"""Types that may stand in a field of each kind: also the numbers of NumPy."""
_WORDS = {float: "a number", int: "a whole number", str: "a text", bool: "True or False"}

_known: WeakSet[Network] = WeakSet()
"""Networks that were checked; they never change."""


def known_valid(network: Network) -> Network:
    """Return a network that its reader has checked, and remember that it is."""
    _known.add(network)
    return network


def require_valid(network: Network) -> None:
    """Check a network, unless it was checked before.

    Raises:
        NetworkInvalid: It cannot be calculated; ``faults`` names every element and the reason.
    """
    if network in _known:
        return
    faults = list(_of_kinds(network))
    if faults:
        raise NetworkInvalid(faults)
    check(network)
    _known.add(network)


def _of_kinds(network: Network) -> Iterator[Fault]:
    """Yield a fault for each value that is of another kind than its field."""
    by_kind: dict[type, list[Any]] = {}
    for element in (*network.elements(), *network.connection_points):
        by_kind.setdefault(type(element), []).append(element)
    for kind, elements in by_kind.items():
        hints = get_type_hints(kind)
        for field in fields(kind):
            wanted = {hints[field.name], *get_args(hints[field.name])}
            plain = next((each for each in _KINDS if each in wanted), None)
            if plain is not None:
                yield from _of_field(elements, field.name, plain, is_optional=type(None) in wanted)


def _of_field(
    elements: list[Any], name: str, wanted: type, *, is_optional: bool
) -> Iterator[Fault]:
    for element in elements:
        value = getattr(element, name)
        if type(value) is wanted or (is_optional and value is None):
            continue
        if isinstance(value, bool) or not isinstance(value, _KINDS[wanted]):
            reason = f"{name} is {value!r}, where {_WORDS[wanted]} must stand"
            yield Fault(str(element.id), FaultKind.MALFORMED, reason)
