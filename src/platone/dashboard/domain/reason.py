"""Reasons and states in a reader's words."""

from collections.abc import Iterable

from platone.infra.page.number import words
from platone.messages.outcome import Cut

_REASONS = {
    "noRequest": "no request covers this point of delivery at this time",
    "wrongDirection": "the requests that cover it need the opposite change",
    "priceAboveLimit": "every request that it could serve pays less",
    "notNeeded": "cheaper or earlier offers met the whole need",
    "partlyNeeded": "a part was taken, the rest was not needed",
    "gridLimit": "the grid cannot take all of it",
    "notValidated": "the DSO did not answer in time",
    "cancelled": "the operator cancelled the session",
    "notPlaced": "the point of delivery had no point of measurement at the gate",
    "noAgreement": "there was no agreement about the point of delivery at the gate",
    "notTraded": "reactive power is not traded in this session",
    "notRegistered": "the point of delivery was not with this aggregator at the gate",
    "baselineMoved": "the baseline moved, so that the total is no change that is allowed",
    "blockDidNotFit": "wanted, but only in a part that its terms do not allow",
    "alternativeTaken": "another option of the same choice was taken",
    "notQualified": "the point of delivery was not qualified any more at the gate",
    "requestNotMet": "the request takes a least part or nothing, and so much was not offered",
    "energyUsedUp": "its energy was taken at other times",
}
COURSE = {
    "created": "planned",
    "active": "open",
    "closed": "closed",
    "outcome": "cleared",
    "validated": "checked",
    "settled": "settled",
}
"""The states through which a session goes where all goes well, and their words."""
_STATES = {
    "active": "live",
    "closed": "near",
    "outcome": "near",
    "validated": "live",
    "settled": "good",
    "partlyPaid": "near",
    "notPaid": "over",
    "notValidated": "over",
    "cancelled": "over",
}
_WAITS = {
    "MarketOperator": "the market operator",
    "SystemOperator": "the DSO's answer",
    "MeteredDataAdministrator": "measurements",
    "Ledger": "the ledger",
}


def reason_in_words(code: str | None) -> str:
    """Return why an offer was not taken; a code that is not known here stays as it is."""
    return "" if code is None else _REASONS.get(code, code)


def state_in_words(status: str) -> str:
    """Return a session's state as every page names it, such as planned, open or partly paid."""
    return COURSE.get(status, words(status))


def tone_of(status: str) -> str:
    """Return the meaning of a session's state as a colour of the design language."""
    return _STATES.get(status, "")


def wait_in_words(waits_for: str) -> str:
    """Return whom or what a session waits for."""
    return _WAITS.get(waits_for, waits_for)


def cuts_in_words(cuts: Iterable[Cut]) -> str:
    """Return each limit of the grid that stands against a trade."""
    return "; ".join(
        f"{each.element}: {each.kind} would be {each.value:.4g} of {each.limit:.4g} {each.unit}"
        for each in cuts
    )
