"""Calculations in a reader's words."""

_WHATS = {
    "outages": "Outages",
    "powerFlow": "Power flow of a day",
    "flexibilityRequest": "Request of flexibility",
    "gridLimits": "Limits for the market",
    "podAssociation": "Which point of measurement feeds each point of delivery",
    "stateEstimation": "State estimation",
    "profiles": "Typical days",
    "picture": "Picture of a network",
    "heatMap": "Loading of a day",
    "changes": "What changed between two versions",
    "export": "Network as a file",
}
"""Names of calculations, by the last part of their address."""
_TONES = {"done": "good", "failed": "over", "running": "live"}


def job_in_words(what: str) -> str:
    """Return the name of a calculation; a call that is not known here stays as it is.

    Args:
        what: Method and address of the call, such as `POST /api/dso/outages`.
    """
    method, _, path = what.partition(" ")
    if method == "PUT" and path.startswith("/api/dso/networks/"):
        return "Network checked and stored"
    return _WHATS.get(path.rpartition("/")[2], what)


def tone_of_job(state: str) -> str:
    """Return the meaning of a calculation's state as a colour of the design language."""
    return _TONES.get(state, "near")
