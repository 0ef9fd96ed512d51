"""The roles that may call each route of the market."""

from typing import Annotated

from fastapi import Depends

from platone.infra.http.security import Principal, require
from platone.messages.base import Role

Administrator = Annotated[Principal, Depends(require(Role.METERED_DATA_ADMINISTRATOR))]
"""The customer database's party."""

Player = Annotated[
    Principal, Depends(require(Role.SYSTEM_OPERATOR, Role.FLEXIBILITY_SERVICE_PROVIDER))
]
"""A party that sends requests or offers."""

GridOperator = Annotated[Principal, Depends(require(Role.SYSTEM_OPERATOR))]

Operator = Annotated[Principal, Depends(require(Role.MARKET_OPERATOR))]

Overseer = Annotated[Principal, Depends(require(Role.MARKET_OPERATOR, Role.AUDITOR))]

Participant = Annotated[
    Principal,
    Depends(
        require(
            Role.SYSTEM_OPERATOR,
            Role.FLEXIBILITY_SERVICE_PROVIDER,
            Role.MARKET_OPERATOR,
            Role.AUDITOR,
        )
    ),
]
"""A party that reads a part of outcomes."""

Told = Annotated[
    Principal,
    Depends(
        require(
            Role.SYSTEM_OPERATOR,
            Role.FLEXIBILITY_SERVICE_PROVIDER,
            Role.CUSTOMER,
            Role.MARKET_OPERATOR,
            Role.AUDITOR,
        )
    ),
]
"""A party that is told on topics of its own."""
