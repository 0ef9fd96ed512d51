"""Room for labels: each takes the first of its places where it covers no other, or is left out.

The page's script follows the same rule. What is left out is told where one points at the element.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from platone.kernel.markup import words

LETTER = 0.58
"""Mean width of a letter of DejaVu Sans, as a part of the font's size."""
_CELL = 48.0
"""Edge of a cell of the search grid, in pixels: about as wide as a label."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text at a place.

    Attributes:
        content: The text.
        x: Where it begins, or ends, or has its middle, by its anchor.
        y: Its base line.
        size: Size of its font, pixels.
        kind: Classes of its style.
        anchor: ``start``, ``middle`` or ``end``.
    """

    content: str
    x: float
    y: float
    size: float
    kind: str = "halo"
    anchor: str = "start"

    @property
    def box(self) -> Box:
        """Return the box that the text covers."""
        width = LETTER * self.size * len(self.content)
        left = self.x - {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        return left, self.y - 0.8 * self.size, left + width, self.y + 0.2 * self.size

    def markup(self) -> str:
        """Return the text as SVG."""
        return words(
            self.content,
            self.x,
            self.y,
            class_=self.kind,
            font_size=f"{self.size:g}px",
            text_anchor=None if self.anchor == "start" else self.anchor,
        )


class LabelRoom:
    """The room of a picture, of which labels and symbols take their parts.

    Args:
        size: Width and height of the picture; labels stay within it.
    """

    def __init__(self, size: tuple[float, float]) -> None:
        self._size = size
        self._cells: dict[tuple[int, int], list[Box]] = {}

    def take(self, box: Box) -> None:
        """Take a box, whether it is free or not."""
        for cell in _cells(box):
            self._cells.setdefault(cell, []).append(box)

    def place(self, choices: Sequence[Label]) -> Label | None:
        """Take the room of the first label that covers nothing; None where each would."""
        for label in choices:
            box = label.box
            if self._is_within(box) and not self._is_taken(box):
                self.take(box)
                return label
        return None

    def _is_within(self, box: Box) -> bool:
        return box[0] >= 0 and box[2] <= self._size[0]

    def _is_taken(self, box: Box) -> bool:
        return any(
            box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
            for cell in _cells(box)
            for other in self._cells.get(cell, ())
        )


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    return product(
        range(int(box[0] // _CELL), int(box[2] // _CELL) + 1),
        range(int(box[1] // _CELL), int(box[3] // _CELL) + 1),
    )
