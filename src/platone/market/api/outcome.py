"""Outcomes and settlements, each reader's own part."""

from fastapi import APIRouter, Response

from platone.infra.http.wire import answer, documented
from platone.market.api.csv_table import CSV_EXAMPLE, AsCsv, answer_as_asked
from platone.market.api.query import viewer_of
from platone.market.api.role import Overseer, Participant
from platone.market.service.read_market import ReadMarket
from platone.messages.outcome import MarketOutcome, TechnicalOutcome, ValidatedOutcome
from platone.messages.recording import SettlementRecording
from platone.messages.settlement import Settlement


def outcome_routes(router: APIRouter, read: ReadMarket) -> None:
    """Add the reading routes of outcomes and settlements, as JSON or CSV (`?format=csv`)."""

    @router.get(
        "/api/marketOutcome/{identifier}",
        **documented(gives=MarketOutcome, gives_files=CSV_EXAMPLE),
    )
    async def get_market_outcome(
        principal: Participant, identifier: str, as_csv: AsCsv
    ) -> Response:
        """Show what the clearing decided, by the outcome's or the session's identifier.

        Hashes are those of the whole outcome, also where the caller sees a part.
        """
        outcome = await read.market_outcome(identifier, viewer_of(principal))
        return answer_as_asked(outcome, as_csv=as_csv)

    @router.get(
        "/api/technicalOutcome/{identifier}",
        **documented(gives=TechnicalOutcome, gives_files=CSV_EXAMPLE),
    )
    async def get_technical_outcome(
        principal: Participant, identifier: str, as_csv: AsCsv
    ) -> Response:
        """Show the grid's answer to an outcome."""
        outcome = await read.technical_outcome(identifier, viewer_of(principal))
        return answer_as_asked(outcome, as_csv=as_csv)

    @router.get(
        "/api/validatedOutcome/{identifier}",
        **documented(gives=ValidatedOutcome, gives_files=CSV_EXAMPLE),
    )
    async def get_validated_outcome(
        principal: Participant, identifier: str, as_csv: AsCsv
    ) -> Response:
        """Show the final trades of a session."""
        outcome = await read.validated_outcome(identifier, viewer_of(principal))
        return answer_as_asked(outcome, as_csv=as_csv)

    @router.get(
        "/api/settlement/{identifier}", **documented(gives=Settlement, gives_files=CSV_EXAMPLE)
    )
    async def get_settlement(principal: Participant, identifier: str, as_csv: AsCsv) -> Response:
        """Show a settlement by its identifier; by a market outcome's, the newest one of it.

        A long outcome is settled by its parts (`{outcome}.{part}`): by its own identifier the
        newest ones of all parts are told together.
        """
        settlement = await read.settlement(identifier, viewer_of(principal))
        return answer_as_asked(settlement, as_csv=as_csv)

    @router.get("/api/settlement/{identifier}/recording", **documented(gives=SettlementRecording))
    async def get_settlement_recording(_caller: Overseer, identifier: str) -> Response:
        """Show all inputs of a settlement, or of a part's: what `platone market settle` takes."""
        return answer(await read.settlement_recording(identifier))
