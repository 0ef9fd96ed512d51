"""The indicators of congestion: found, solved and left."""

from platone.simulation.indicator_form import PERCENT, Indicator, ratio_of

CONGESTION = (
    Indicator(
        "congestedHours",
        "congestion without flexibility",
        "h",
        "Hours in which at least one limit would break if nothing were activated.",
        lambda t: t.congested_h,
    ),
    Indicator(
        "foundHours",
        "… of it, found",
        "h",
        "Congested hours for which the DSO's day-ahead or real-time forecast broke a limit.",
        lambda t: t.found_h,
    ),
    Indicator(
        "falseHours",
        "found in vain",
        "h",
        "Hours that the DSO's forecasts found, and that would not have been congested.",
        lambda t: t.false_h,
    ),
    Indicator(
        "solvedHours",
        "solved",
        "h",
        "Congested hours in which no limit broke as it was delivered.",
        lambda t: t.solved_h,
    ),
    Indicator(
        "leftHours",
        "left",
        "h",
        "Congested hours in which a limit still broke as it was delivered.",
        lambda t: t.left_h,
    ),
    Indicator(
        "causedHours",
        "caused",
        "h",
        "Hours in which a limit broke as it was delivered, and would not have.",
        lambda t: t.caused_h,
    ),
    Indicator(
        "solvedShare",
        "solved share",
        "%",
        "Solved hours by congested hours.",
        lambda t: ratio_of(t.solved_h, t.congested_h, PERCENT),
    ),
    Indicator(
        "elementHoursBefore",
        "broken limits without flexibility",
        "h",
        "Hours of broken limits, summed over branches and buses, if nothing were activated.",
        lambda t: t.elements_before_h,
    ),
    Indicator(
        "elementHoursAfter",
        "broken limits as delivered",
        "h",
        "The same as it was delivered.",
        lambda t: t.elements_after_h,
    ),
    Indicator(
        "overloadBefore",
        "overload without flexibility",
        "% h",
        "Excess of each hour's worst element over its limit (of a voltage: over half the width of "
        "its band), percent, summed over hours, if nothing were activated.",
        lambda t: t.overload_before,
    ),
    Indicator(
        "overloadAfter",
        "overload as delivered",
        "% h",
        "The same as it was delivered.",
        lambda t: t.overload_after,
    ),
)
