"""A writer of plain PDF pages: lines of text in three standard fonts, rules, and filled shapes.

PDF 1.7 (ISO 32000-1) of the simplest kind: the fonts are of those 14 that every reader has, so
nothing is embedded, and the same pages give the same bytes.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from platone.ledger.adapters.pdf_width import BOLD_WIDTHS, FIRST_LETTER, SANS_WIDTHS

PAGE_WIDTH, PAGE_HEIGHT = 595, 842
"""An A4 page in points of 1/72 inch."""
SANS, BOLD, MONO = "F1", "F2", "F3"
"""The fonts: Helvetica, Helvetica-Bold, Courier."""
_FONTS = {SANS: "Helvetica", BOLD: "Helvetica-Bold", MONO: "Courier"}
_WIDTHS = {SANS: SANS_WIDTHS, BOLD: BOLD_WIDTHS}
_MONO_WIDTH = 600
"""Width of each letter of Courier, thousandths of its size."""
_OTHER_WIDTH = 600
"""Width taken for a letter beyond ASCII, thousandths of its size: that of most of them at most."""
_PER_SIZE = 1000
"""Units of a letter's width in its size."""
_ROUND = 0.5523
"""Part of a radius at which a cubic curve's handle makes a quarter of a circle."""
_CUT = "..."
"""The mark of a text whose rest is cut off."""
Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""
BLACK: Colour = (0, 0, 0)
"""The colour of what asks for no other."""


def text_width(text: str, font: str, size: float) -> float:
    """Return the width of a text, points."""
    widths = _WIDTHS.get(font)
    if widths is None:
        return len(text) * size * _MONO_WIDTH / _PER_SIZE
    places = (ord(letter) - FIRST_LETTER for letter in text)
    units = sum(widths[at] if 0 <= at < len(widths) else _OTHER_WIDTH for at in places)
    return units * size / _PER_SIZE


def fitted(text: str, font: str, size: float, width: float) -> str:
    """Return a text, cut where it would be wider than that: it would run into the next column."""
    if text_width(text, font, size) <= width:
        return text
    while text and text_width(text + _CUT, font, size) > width:
        text = text[:-1]
    return text + _CUT


def _filled(colour: Colour) -> str:
    return " ".join(f"{part / 255:.3f}" for part in colour) + " rg"


@dataclass
class Page:
    """A page that is being drawn; its origin is the lower left corner.

    Attributes:
        operators: What was drawn, in PDF's words.
    """

    operators: list[bytes] = field(default_factory=list)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        font: str = SANS,
        size: float = 9,
        colour: Colour = BLACK,
    ) -> None:
        """Draw a line of text from a point to the right."""
        escaped = words.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        drawn = escaped.encode("cp1252", "replace")
        style = f"{_filled(colour)} BT /{font} {size:g} Tf {x:.2f} {y:.2f} Td (".encode()
        self.operators.append(style + drawn + b") Tj ET")

    def text_before(
        self,
        right: float,
        y: float,
        words: str,
        font: str = SANS,
        size: float = 9,
        colour: Colour = BLACK,
    ) -> None:
        """Draw a line of text that ends at a point."""
        self.text(right - text_width(words, font, size), y, words, font, size, colour)

    def rule(
        self, x: float, y: float, width: float, colour: Colour = BLACK, thickness: float = 0.5
    ) -> None:
        """Draw a horizontal line."""
        low = y - thickness / 2
        drawn = f"{_filled(colour)} {x:.2f} {low:.2f} {width:.2f} {thickness:g} re f"
        self.operators.append(drawn.encode())

    def box(
        self, x: float, y: float, width: float, height: float, colour: Colour, radius: float = 0
    ) -> None:
        """Draw a filled rectangle with round corners; the point is its lower left corner."""
        r, k = radius, radius * (1 - _ROUND)
        right, top = x + width, y + height
        way = (
            f"{x + r:.2f} {y:.2f} m {right - r:.2f} {y:.2f} l "
            f"{right - k:.2f} {y:.2f} {right:.2f} {y + k:.2f} {right:.2f} {y + r:.2f} c "
            f"{right:.2f} {top - r:.2f} l "
            f"{right:.2f} {top - k:.2f} {right - k:.2f} {top:.2f} {right - r:.2f} {top:.2f} c "
            f"{x + r:.2f} {top:.2f} l "
            f"{x + k:.2f} {top:.2f} {x:.2f} {top - k:.2f} {x:.2f} {top - r:.2f} c "
            f"{x:.2f} {y + r:.2f} l "
            f"{x:.2f} {y + k:.2f} {x + k:.2f} {y:.2f} {x + r:.2f} {y:.2f} c f"
        )
        self.operators.append(f"{_filled(colour)} {way}".encode())

    def shape(self, corners: Sequence[tuple[float, float]], colour: Colour) -> None:
        """Draw a filled shape by its corners."""
        points = [f"{x:.2f} {y:.2f}" for x, y in corners]
        way = f"{points[0]} m " + " ".join(f"{point} l" for point in points[1:])
        self.operators.append(f"{_filled(colour)} {way} f".encode())


def pdf_file(pages: Sequence[Page], title: str) -> bytes:
    """Return the file of some pages."""
    first_page = 3 + len(_FONTS)
    kids = " ".join(f"{first_page + 2 * place} 0 R" for place in range(len(pages)))
    fonts = " ".join(f"/{name} {3 + place} 0 R" for place, name in enumerate(_FONTS))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en) >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
    ]
    objects += [
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>".encode()
        for font in _FONTS.values()
    ]
    for place, page in enumerate(pages):
        content = zlib.compress(b"\n".join(page.operators), 9)
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {PAGE_WIDTH} {PAGE_HEIGHT}] "
            f"/Resources << /Font << {fonts} >> >> "
            f"/Contents {first_page + 2 * place + 1} 0 R >>".encode(),
            f"<< /Length {len(content)} /Filter /FlateDecode >>\nstream\n".encode()
            + content
            + b"\nendstream",
        ]
    objects.append(b"<< /Title (" + title.encode("ascii", "replace") + b") /Producer (Platone) >>")
    return _assembled(objects)


def _assembled(objects: Sequence[bytes]) -> bytes:
    """Return the file of numbered objects, with the table of where each begins."""
    file = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(file))
        file += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = len(file)
    file += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    file += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    trailer = f"<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>"
    file += f"trailer\n{trailer}\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(file)
