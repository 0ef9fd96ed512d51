"""QR codes in pages: a telephone takes with its camera what nobody wants to type."""

import segno
from markupsafe import Markup

_QUIET_ZONE = 4
"""Light modules around a code, by which readers find it (ISO/IEC 18004 section 9.1)."""


def qr_code(text: str) -> Markup:
    """Return a text as a QR code, an SVG element without style or script of its own.

    Its modules are dark on light also on a dark page: many readers take no other.
    """
    made = segno.make(text, error="m", micro=False)
    return Markup(  # noqa: S704 - made of numbers alone
        made.svg_inline(
            border=_QUIET_ZONE,
            dark="#000",
            light="#fff",
            omitsize=True,
            svgclass="qr",
            lineclass=None,
        )
    )
