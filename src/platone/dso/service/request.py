"""Request of flexibility (flow 2c): the DSO asks the market for what cures its grid."""

from dataclasses import dataclass

from platone.dso.domain.request import build_request
from platone.dso.service.calculation.flexibility import size_request_of
from platone.dso.service.ports import Market
from platone.dso.service.session_calculation import CalculateForSession
from platone.grid.run.grid_work import GridWork
from platone.messages.base import Submission
from platone.messages.market import FlexibilityService, SessionReference


@dataclass(frozen=True, slots=True)
class RequestResult:
    """The broken limits of a session, the request, and the market's answer.

    Attributes:
        alarms: Consumers without supply and broken limits at the baselines, the worst first; JSON.
        request: The request; none where nothing can be asked.
        submission: The market's answer to it.
        incurable: What no flexible PoD can cure, each with the reason; JSON.
        remarks: What typical days stand in for.
    """

    alarms: bytes
    request: FlexibilityService | None
    submission: Submission | None
    incurable: bytes
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequestFlexibility:
    """Sizes the DSO's request of a session and sends it to the market.

    Args:
        calculate: Calculates on the session's forecast.
        work: The part of it that takes long.
        market: Takes the request.
        dso: The DSO's party.
    """

    calculate: CalculateForSession
    work: GridWork
    market: Market
    dso: str

    async def __call__(
        self, session: SessionReference, price_limit_eur_per_kwh: float
    ) -> RequestResult:
        """Find what is broken in a session's delivery, and ask for what cures it.

        The request's identifier follows from the session: asked again without any change, the
        market knows it already; with other baselines it refuses, as one session has one request.

        Raises:
            PlatoneError: The session cannot be calculated, as :class:`CalculateForSession` says.
            PartnerRefused, PartnerUnavailable: The market did not take the request.
        """
        window, sized = await self.calculate(session, size_request_of, self.work)
        request = build_request(self.dso, session, window, sized.needs, price_limit_eur_per_kwh)
        submission = await self.market.submit(request) if request else None
        return RequestResult(sized.alarms, request, submission, sized.incurable, sized.remarks)
