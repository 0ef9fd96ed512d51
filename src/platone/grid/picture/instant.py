"""Instants as a picture names them: on the clocks of a zone."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from platone.kernel.market_time import town_of


def clock_labels(instants: Sequence[datetime], zone: str) -> list[str]:
    """Return labels such as 13:15, with the zone's abbreviation on days of a clock change."""
    walls = [instant.astimezone(ZoneInfo(zone)) for instant in instants]
    form = "%H:%M" if len({wall.utcoffset() for wall in walls}) < 2 else "%H:%M %Z"  # noqa: PLR2004
    if len({wall.date() for wall in walls}) > 1:
        form = f"%Y-%m-%d {form}"
    return [wall.strftime(form) for wall in walls]


def day_label(instants: Sequence[datetime], zone: str) -> str:
    """Return the local date of instants, or the first and the last one, with the zone's town."""
    walls = [instant.astimezone(ZoneInfo(zone)) for instant in instants]
    first, last = walls[0].date().isoformat(), walls[-1].date().isoformat()
    days = first if first == last else f"{first} to {last}"
    return f"{days} ({town_of(zone)})"


def short_date(wall: datetime) -> str:
    """Return a local date without its year as English axes write it, such as `23 Jun`."""
    return f"{wall.day} {wall:%b}"


def hour_ticks(instants: Sequence[datetime], zone: str, *, most: int = 9) -> list[tuple[int, str]]:
    """Return places and labels for an axis of time: full local hours, evenly chosen."""
    walls = [instant.astimezone(ZoneInfo(zone)) for instant in instants]
    full = [place for place, wall in enumerate(walls) if wall.minute == 0]
    for step in (1, 2, 3, 4, 6, 8, 12, 24):
        chosen = [place for place in full if walls[place].hour % step == 0]
        if len(chosen) <= most:
            return [(place, walls[place].strftime("%H:%M")) for place in chosen]
    stride = max(1, len(walls) // most)
    return [(place, short_date(walls[place])) for place in range(0, len(walls), stride)]
