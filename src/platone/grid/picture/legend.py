"""The legend of a picture: its colours and symbols."""

from collections.abc import Callable, Iterator, Sequence

from platone.grid.picture.graph import EdgeKind
from platone.grid.picture.label_text import MARK_NAMES, SUPPOSED, hanging_name, level
from platone.grid.picture.picture import Picture
from platone.grid.picture.scale import LOADING, Scale
from platone.grid.picture.symbol import (
    EITHER,
    shape,
    shape_of,
    star_symbol,
    switch_symbol,
    transformer_symbol,
)
from platone.kernel.markup import number, tag, words

_BAR = 190.0
_WORD = 6.3
ROW_HEIGHT = 30.0
_MINUS = "\N{MINUS SIGN}"

Entry = tuple[float, str]
"""Its width, and its markup around the left end of its middle line."""


def scale_entry(
    caption: str,
    scale: Scale,
    ticks: Sequence[tuple[float, str]],
    kind: Callable[[float], str] | None = None,
) -> Entry:
    """Draw a strip of colours over its numbers.

    Args:
        caption: What is told by them.
        scale: The colours, where no style has them.
        ticks: The numbers, and how they are written.
        kind: The class of a number in the picture's own style, where that has the colours.
    """
    low, high = ticks[0][0], ticks[-1][0]
    steps = 48
    strip = "".join(
        tag(
            "rect",
            x=_BAR * step / steps,
            y=-9,
            width=_BAR / steps + 0.6,
            height=9,
            **_paint(low + (high - low) * (step + 0.5) / steps, scale, kind),
        )
        for step in range(steps)
    )
    marks = "".join(
        words(
            text, _BAR * (value - low) / (high - low), 11, font_size="9.5px", text_anchor="middle"
        )
        for value, text in ticks
    )
    before = _WORD * len(caption) + 16
    return before + _BAR + 30, words(caption, 0, 0, font_size="11px") + tag(
        "g", strip + marks, transform=f"translate({number(before)} 0)"
    )


def _paint(
    value: float, scale: Scale, kind: Callable[[float], str] | None
) -> dict[str, str | float | None]:
    return {"fill": scale.colour(value)} if kind is None else {"class_": kind(value)}


def symbol_entry(symbol: str, caption: str) -> Entry:
    """Draw a symbol beside its name."""
    drawn = tag("g", symbol, transform="translate(15 -4)")
    return 36 + _WORD * len(caption) + 18, drawn + words(caption, 35, 0, font_size="11px")


def entries(picture: Picture) -> Iterator[Entry]:
    """Yield the legend's entries, of what occurs in the picture and no more."""
    if picture.series is None:
        for kv in picture.levels_kv:
            line = tag("path", d="M-9 0H9", stroke=picture.level_colour(kv), stroke_width=4)
            yield symbol_entry(line, level(kv))
    else:
        marks = ((0.0, "0"), (50.0, "50"), (80.0, "80"), (100.0, "100"), (150.0, "≥150 %"))
        yield scale_entry("branches: loading", LOADING, marks)
        band = picture.voltage_scale.anchors[-1][0]
        yield scale_entry(
            "buses: voltage, from nominal",
            picture.voltage_scale,
            ((-band, f"{_MINUS}{band:g} %"), (0.0, "0"), (band, f"+{band:g} %")),
        )
        yield symbol_entry(tag("g", shape("alarm"), transform="scale(.8)"), "limit broken")
    yield from _symbols(picture)


def _symbols(picture: Picture) -> Iterator[Entry]:
    graph = picture.graph
    if any(edge.kind is EdgeKind.TRANSFORMER for edge in graph.edges):
        yield symbol_entry(transformer_symbol(EITHER, 1.6, 0), "transformer")
    if picture.network.three_winding_transformers:
        yield symbol_entry(star_symbol(EITHER, 1.6), "with three windings")
    states = {each.closed for each in graph.switches}
    states |= {edge.is_closed for edge in graph.edges if edge.kind is EdgeKind.TIE}
    for closed in sorted(states, reverse=True):
        caption = "closed switch" if closed else "open switch"
        yield symbol_entry(switch_symbol(closed=closed, angle_deg=0), caption)
    for name, symbol in {hanging_name(each): shape_of(each) for each in graph.hangings}.items():
        yield symbol_entry(shape(symbol), name)
    series = picture.series
    if (
        series is not None
        and series.certainty is not None
        and not series.certainty.observable.all()
    ):
        line = tag("path", d="M-9 0H9", stroke="#3f86bd", stroke_width=4, class_="supposed")
        yield symbol_entry(line, SUPPOSED)
    marks = {note.mark for note in picture.notes}
    for mark, name in MARK_NAMES.items():
        if mark in marks:
            yield symbol_entry(shape(mark), name)


def legend(picture: Picture, width: float) -> tuple[str, float]:
    """Return the legend in rows of a width, and its height."""
    drawn, x, y = [], 0.0, 0.0
    for wide, markup in entries(picture):
        if x > 0 and x + wide > width:
            x, y = 0.0, y + ROW_HEIGHT
        drawn.append(tag("g", markup, transform=f"translate({number(x)} {number(y)})"))
        x += wide
    return tag("g", drawn, class_="legend"), y + ROW_HEIGHT
