"""A request as a picture: the sum of the baselines, and where it shall go."""

from collections.abc import Sequence

from platone.kernel.canvas import Canvas, number

_WIDTH = 420.0
"""Width of the drawing, px: half of a page, so that two stand side by side."""
_LEFT = 4.0
"""Left end of the bars, px."""
_RIGHT = 408.0
"""Right end of the bars, px."""
_NARROWEST = 46.0
"""Least width of a part that holds its figure, px."""


def draw_need(who: str, baselines_kw: Sequence[tuple[str, float]], requested_kw: float) -> str:
    """Draw baselines side by side, and the requested total with an arrow from one to the other.

    Args:
        who: Who asks.
        baselines_kw: Each PoD's name and baseline, kW.
        requested_kw: Requested total, kW.
    """
    total_kw = sum(value for _, value in baselines_kw)
    scale = (_RIGHT - _LEFT) / max(total_kw, requested_kw, 1e-9)
    canvas = Canvas(
        _WIDTH,
        132,
        f"{who} asks for {requested_kw:.1f} kW where the baselines add up to {total_kw:.1f} kW",
    )
    canvas.text(_LEFT, 16, f"baselines together: {number(total_kw, 2)} kW", "small soft")
    x = _LEFT
    for name, value in baselines_kw:
        width = max(value, 0) * scale
        canvas.rectangle(x, 24, width - 1.5, 26, "base")
        if width > _NARROWEST:
            canvas.text(x + width / 2, 41.5, f"…{name[-4:]}", "small on-base", "middle")
        x += width
    end = _LEFT + requested_kw * scale
    start = _LEFT + total_kw * scale
    canvas.line((start, 20), (start, 92), "guide")
    canvas.line((end, 56), (end, 118), "guide")
    canvas.rectangle(_LEFT, 92, requested_kw * scale, 26, "asked")
    canvas.text(_LEFT + 8, 109.5, f"requested: {number(requested_kw, 2)} kW", "small on-dark")
    if abs(end - start) > 1:
        canvas.arrow((start, 71), (end, 71), "move")
    need = requested_kw - total_kw
    words = f"{'+' if need > 0 else ''}{number(need, 2)} kW"
    left_of = min(start, end) - 8
    canvas.text(left_of, 75.5, words, "strong", "end")
    return canvas.svg()
