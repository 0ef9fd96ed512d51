"""Quarter-hours that a refusal names by their index, with the times that clocks show."""

import re

from platone.infra.page.word import wall_time
from platone.kernel.market_time import MarketDay

_INDEX = re.compile(r"\bindex (\d{1,3})\b")


def with_times(text: str, day: MarketDay) -> str:
    """Return a sentence with the time of the day behind each index that it names.

    Args:
        text: The sentence, such as "a PoD has no baseline at index 50."
        day: The market day whose quarter-hours are meant; an index beyond it stays alone.
    """

    def told(found: re.Match[str]) -> str:
        index = int(found[1])
        if index >= day.quarter_hours:
            return found[0]
        return f"{found[0]} ({wall_time(day.instant(index), day.zone)})"

    return _INDEX.sub(told, text)
