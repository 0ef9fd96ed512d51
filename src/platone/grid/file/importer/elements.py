"""The elements of a network that is being read."""

from collections.abc import Iterable
from typing import Any

from platone.grid.network.model import FIELD_OF_KIND, Element, Network


class Elements:
    """A network's elements in the order in which they are found."""

    def __init__(self) -> None:
        self._of_field: dict[str, list[Any]] = {name: [] for name in FIELD_OF_KIND.values()}

    def add(self, elements: Iterable[Element]) -> None:
        """Add elements of any kinds."""
        for each in elements:
            self._of_field[FIELD_OF_KIND[type(each)]].append(each)

    def of(self, kind: type[Any]) -> list[Any]:
        """Return the elements of one kind that were added."""
        return self._of_field[FIELD_OF_KIND[kind]]

    def network(self, **facts: Any) -> Network:
        """Return the network of these elements; the facts are its other fields."""
        found: dict[str, Any] = {name: tuple(each) for name, each in self._of_field.items()}
        return Network(**found, **facts)
