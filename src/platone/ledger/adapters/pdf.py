"""A writer of plain PDF pages: lines of text in three standard fonts, and rules between them.

PDF 1.7 (ISO 32000-1) of the simplest kind: the fonts are of those 14 that every reader has, so
nothing is embedded, and the same pages give the same bytes.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

PAGE_WIDTH, PAGE_HEIGHT = 595, 842
"""An A4 page in points of 1/72 inch."""
SANS, BOLD, MONO = "F1", "F2", "F3"
"""The fonts: Helvetica, Helvetica-Bold, Courier."""
_FONTS = {SANS: "Helvetica", BOLD: "Helvetica-Bold", MONO: "Courier"}
_MONO_WIDTH = 0.6
"""Width of each letter of Courier, in units of its size."""


def mono_width(text: str, size: float) -> float:
    """Return the width of a text in Courier, points."""
    return len(text) * size * _MONO_WIDTH


@dataclass
class Page:
    """A page that is being drawn; its origin is the lower left corner.

    Attributes:
        operators: What was drawn, in PDF's words.
    """

    operators: list[bytes] = field(default_factory=list)

    def text(
        self, x: float, y: float, words: str, font: str = SANS, size: float = 9, grey: float = 0
    ) -> None:
        """Draw a line of text from a point to the right."""
        escaped = words.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        drawn = escaped.encode("cp1252", "replace")
        style = f"{grey:.2f} g BT /{font} {size:g} Tf {x:.2f} {y:.2f} Td (".encode()
        self.operators.append(style + drawn + b") Tj ET")

    def number(self, right: float, y: float, digits: str, size: float = 8) -> None:
        """Draw a number that ends at a point."""
        self.text(right - mono_width(digits, size), y, digits, MONO, size)

    def rule(self, x: float, y: float, width: float, thickness: float = 0.5) -> None:
        """Draw a horizontal line."""
        self.operators.append(
            f"0.6 G {thickness:g} w {x:.2f} {y:.2f} m {x + width:.2f} {y:.2f} l S".encode()
        )


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
