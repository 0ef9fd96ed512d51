"""The sheets that invoices and statements are drawn on, in the design language of the pages."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from platone.ledger.adapters.pdf import (
    BOLD,
    MONO,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    SANS,
    Colour,
    Page,
    fitted,
)

LEFT, RIGHT = 48, PAGE_WIDTH - 48
"""Left and right margins, points."""
TOP, BOTTOM = PAGE_HEIGHT - 62, 66
"""Where the first line of a sheet stands, and where the last one may, points."""
INK: Colour = (0x1D, 0x27, 0x33)
SOFT: Colour = (0x55, 0x60, 0x6B)
RULE: Colour = (0xDE, 0xDB, 0xD2)
ACCENT: Colour = (0x1F, 0x5F, 0xAE)
WASH: Colour = (0xE6, 0xEE, 0xF8)
CARD: Colour = (0xFF, 0xFE, 0xFB)
"""Colours of the web pages (token.css) in the light: a test holds them to that."""
_MARK_SIZE = 26.0
"""Side of the mark in the corner, points."""
_MARK_GRID = 32
"""Side of the mark's own drawing, icon.svg."""
_MARK_RADIUS = 7
"""Radius of the mark's corners in its own drawing."""
_BOLT = ((17.5, 4), (8, 18), (14.5, 18), (13, 28), (24, 14), (17, 14))
"""The bolt of the mark in its own drawing, from the upper left corner."""
_CARD_WIDTH, _CARD_HEIGHT = 214.0, 74.0
"""Size of the card with the amount, points."""
_SHOWN_DECIMALS = 6
"""Decimals of exact amounts on paper; the CSV file has all 18."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        title: What stands above it.
        at: Its left end, or, of numbers, its right end, points.
        width: Its width, points.
        is_number: Whether its cells end at one place.
    """

    title: str
    at: float
    width: float
    is_number: bool = False

    def draw(self, page: Page, y: float, cell: str, size: float, colour: Colour = INK) -> None:
        """Draw a cell, cut to the column's width; a number is never cut."""
        if self.is_number:
            page.text_before(self.at, y, cell, SANS, size, colour)
        else:
            page.text(self.at, y, fitted(cell, SANS, size, self.width), SANS, size, colour)


class Paper:
    """The sheets of a document; a new one begins where the last is full.

    Args:
        head: Draws the head of each sheet but the first.
    """

    def __init__(self, head: Callable[[Page], None]) -> None:
        self.pages: list[Page] = []
        self._head = head
        self.y = 0.0
        self.turn()

    @property
    def page(self) -> Page:
        """The sheet that is being drawn."""
        return self.pages[-1]

    def turn(self) -> None:
        """Begin a sheet."""
        self.pages.append(Page())
        self.y = float(TOP)
        if len(self.pages) > 1:
            self._head(self.page)
            self.y -= 28

    def down(self, by: float) -> None:
        """Go down the sheet."""
        self.y -= by

    def needs(self, height: float) -> bool:
        """Begin a sheet where so much does not fit any more; return whether that was so."""
        is_full = self.y - height < BOTTOM
        if is_full:
            self.turn()
        return is_full

    def heading(self, words: str) -> None:
        """Draw the heading of a part."""
        self.page.text(LEFT, self.y, words, BOLD, 10.5, INK)
        self.down(17)

    def column_titles(self, columns: tuple[Column, ...]) -> None:
        """Draw the titles of a table's columns, with a rule below them."""
        for column in columns:
            column.draw(self.page, self.y, column.title, 7, SOFT)
        self.down(5)
        self.page.rule(LEFT, self.y, RIGHT - LEFT, INK, 0.6)
        self.down(12)

    def finish(self, title: str, note: str) -> None:
        """Draw the foot of every sheet: its number, and a note in small type."""
        for number, page in enumerate(self.pages, 1):
            page.rule(LEFT, 48, RIGHT - LEFT, RULE)
            page.text(LEFT, 36, title, SANS, 7, SOFT)
            page.text_before(RIGHT, 36, f"page {number} of {len(self.pages)}", SANS, 7, SOFT)
            page.text(LEFT, 26, note, MONO, 6, SOFT)


def draw_mark(page: Page, x: float, top: float) -> None:
    """Draw the mark of the pages, its upper left corner at a point."""
    scale = _MARK_SIZE / _MARK_GRID
    page.box(x, top - _MARK_SIZE, _MARK_SIZE, _MARK_SIZE, ACCENT, _MARK_RADIUS * scale)
    page.shape([(x + right * scale, top - down * scale) for right, down in _BOLT], CARD)


def draw_title(paper: Paper, title: str, kicker: str) -> None:
    """Draw the head of the first sheet: the mark, a line above the title, and the title."""
    page = paper.page
    draw_mark(page, LEFT, paper.y + 21)
    page.text(LEFT + 36, paper.y + 14.5, kicker.upper(), BOLD, 7, ACCENT)
    page.text(LEFT + 36, paper.y - 4.5, title, BOLD, 18, INK)
    paper.down(40)


def draw_facts(paper: Paper, facts: list[tuple[str, str]], card: tuple[str, str, str]) -> None:
    """Draw facts at the left, and a card with an amount at the right.

    Args:
        paper: The sheets.
        facts: Names and values.
        card: What the amount is, the amount, and a remark.
    """
    page, y = paper.page, paper.y
    x, low = RIGHT - _CARD_WIDTH, y + 12 - _CARD_HEIGHT
    page.box(x, low, _CARD_WIDTH, _CARD_HEIGHT, WASH, 9)
    name, amount, remark = card
    room = _CARD_WIDTH - 28
    page.text(x + 14, low + 53, fitted(name, BOLD, 9, room), BOLD, 9, ACCENT)
    page.text(x + 14, low + 27, amount, BOLD, 20, INK)
    page.text(x + 14, low + 11, fitted(remark, SANS, 7, room), SANS, 7, SOFT)
    for name, value in facts:
        page.text(LEFT, paper.y, name, SANS, 8.5, SOFT)
        page.text(LEFT + 88, paper.y, fitted(value, SANS, 8.5, 180), SANS, 8.5, INK)
        paper.down(14.5)
    paper.y = min(paper.y, low) - 14


def shown_amount(amount: str) -> str:
    """Return an exact amount as it is told on paper: rounded to six decimals."""
    return f"{Decimal(amount):,.{_SHOWN_DECIMALS}f}"
