"""Typical days of consumers, and forecasts with their errors."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from platone.dso.adapters.metering_file import read_metering_csv
from platone.dso.api.caller import dso_or_auditor, only_dso
from platone.dso.api.profile_form import curves_of, forecasts_of, order_of, set_form, spell
from platone.dso.api.profile_schema import (
    Curves,
    Forecasts,
    ForecastQuestion,
    ProfileQuestion,
    ProfileSetForm,
    ProfileSets,
)
