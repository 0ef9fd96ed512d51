"""Fresh sign-ins: who changes how it signs in has signed in just now."""

from datetime import datetime, timedelta

from platone.identity.domain.person import FRESH
from platone.identity.domain.problem import SignInTooOld
from platone.infra.http.security import Principal


def check_fresh(caller: Principal, now: datetime) -> None:
    """Check that a person has signed in so lately that it may change how it signs in.

    Raises:
        SignInTooOld: It has not: an open browser that somebody found changes nothing.
    """
    began = datetime.fromtimestamp(caller.signed_in_s, now.tzinfo)
    if now - began > FRESH:
        minutes = FRESH // timedelta(minutes=1)
        raise SignInTooOld(f"The sign-in is older than {minutes} minutes: sign in again.")
