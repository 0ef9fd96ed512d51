"""Steps 1 and 2: who takes part, and the first signed readings."""

from typing import Any

import msgspec

from platone.demo.connection import CallRefused, DayFailed
from platone.demo.italy.day import AUDITOR, DSO, Day
from platone.demo.scenario import Plant, Scenario
from platone.messages.metering import DeviceCredentials
from platone.messages.registry import (
    FlexibilityPreference,
    MaxFlexibility,
    PointOfDelivery,
    Portfolio,
    PortfolioPod,
    Series,
    SeriesBatch,
)

_STEPS = {"registration", "baseline", "wallet", "agreement"}
_THROUGH = {"done", "late"}
"""States of a step that has come through; a baseline may be too late for some sessions."""


async def register(day: Day) -> str:
    """Register the aggregators' PoDs, with baselines, wallets and agreements."""
    for party_id in day.scenario.aggregators:
        party = day.party(party_id)
        plants = [plant for plant in day.scenario.plants if plant.aggregator == party_id]
        pods = Portfolio(pods=[portfolio_pod(day.scenario, plant) for plant in plants])
        _all_accepted(await party.post("/api/aggregator/pods", pods))
        baselines = SeriesBatch(series=[_baseline(day.scenario, plant) for plant in plants])
        _all_accepted(await party.post("/api/aggregator/baselines", baselines))
    for party_id in day.scenario.aggregators:

        async def probe(who: str = party_id) -> bool | None:
            return await _registered(day, who)

        await day.wait(f"the registrations of {party_id}", probe)
    return f"{len(day.scenario.plants)} points of delivery, their baselines and agreements"


async def associate(day: Day) -> str:
    """Store the DSO's network and say which PoM feeds each PoD."""
    dso = day.party(DSO)
    network = day.scenario.network
    await dso.put(f"/api/dso/networks/{network['id']}", network)
    await dso.post("/api/dso/podAssociation", {"networkId": network["id"]})
    pods = await day.wait("the points of measurement", lambda: _associated(day))
    poms = sorted({pod["poMId"] for pod in pods})
    return f"all fed through {', '.join(poms)}"


async def connect(day: Day) -> str:
    """Enrol the devices, and wait until their first signed readings are received and certified."""
    for plant in day.scenario.plants:
        request = day.fleet.enrolment(plant.pod_id)
        if request is not None:
            try:
                answer = await day.party(plant.aggregator).post("/api/access/devices", request)
            except CallRefused as refused:
                raise DayFailed(
                    f"{refused} If an earlier run enrolled it, go on with that run's --out."
                ) from refused
            day.fleet.install(msgspec.convert(answer, DeviceCredentials))
    await day.fleet.start()
    sent = await day.fleet.deliver()
    return f"{len(day.scenario.plants)} Light Nodes, {sent} signed messages received"


def portfolio_pod(scenario: Scenario, plant: Plant) -> PortfolioPod:
    """Return a plant as its aggregator registers it."""
    pod = PointOfDelivery(
        pod_id=plant.pod_id,
        aggregator_id=plant.aggregator,
        customer_id=plant.customer or None,
        zone=plant.zone,
        pn_p=plant.contract_kw,
        inp=plant.generation_kw,
        inq=plant.inductive_kvar,
        cos_phi=plant.cos_phi,
        max_flexibility=MaxFlexibility(upper_p=plant.max_up_kw, down_p=plant.max_down_kw),
    )
    preferences = tuple(
        FlexibilityPreference(
            index=offer.index,
            change_kw=offer.change_kw,
            price_eur_per_kwh=offer.price_eur_per_kwh,
        )
        for offer in scenario.offers
        if offer.pod_id == plant.pod_id
    )
    return PortfolioPod(
        pod=pod,
        customer_share_ppm=round(plant.customer_share_percent * 10_000),
        penalty_eur_per_kwh=plant.penalty_eur_per_kwh,
        preferences=preferences,
    )


def _baseline(scenario: Scenario, plant: Plant) -> Series:
    values = list(scenario.baselines_kw[plant.pod_id])
    return Series(pod_id=plant.pod_id, start_time=scenario.start, values=values)


def _all_accepted(answer: Any) -> None:
    for result in answer["results"]:
        if result["status"] == "refused":
            said = (result.get("problem") or {}).get("detail", "without a reason")
            raise DayFailed(f"{result['id']} was refused: {said}")


async def _registered(day: Day, party_id: str) -> bool | None:
    """Return whether every PoD of an aggregator has come through every step."""
    page = await day.party(party_id).get("/api/aggregator/pods")
    for pod in page["pods"]:
        for step in pod["progress"]:
            if step["state"] == "refused":
                said = (step.get("problem") or {}).get("detail", "without a reason")
                pod_id = pod["entry"]["pod"]["podId"]
                raise DayFailed(f"{step['step']} of {pod_id} was refused: {said}")
        if _STEPS - {step["step"] for step in pod["progress"] if step["state"] in _THROUGH}:
            return None
    return True


async def _associated(day: Day) -> list[dict[str, Any]] | None:
    page = await day.party(AUDITOR).get("/api/scd/pods")
    ours = {plant.pod_id for plant in day.scenario.plants}
    pods = [pod for pod in page["pods"] if pod["podId"] in ours]
    return pods if len(pods) == len(ours) and all(pod.get("poMId") for pod in pods) else None
