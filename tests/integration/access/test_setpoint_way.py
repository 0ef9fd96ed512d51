"""A setpoint's way: DSO, broker, node, energy management system; and back, an acknowledgement."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from eth_account import Account
from eth_account.messages import encode_defunct

from platone.messages.metering import SetpointCommand
from platone.node.domain.message import SetpointRefused

START = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)


class Dso:
    """The DSO's end of the setpoint topics."""

    def __init__(self, link: Any, acknowledgements: Any, device: str) -> None:
        self._link, self._acknowledgements, self._device = link, acknowledgements, device

    async def send(self, **changes: Any) -> dict[str, Any]:
        command = {
            "setpointId": "outcome-1/50",
            "device": self._device,
            "podId": "IT002E61899978",
            "startTime": START.isoformat(),
            "durationMinutes": 15,
            "powerKw": 207.662,
        } | changes
        topic = f"bal/nodes/{self._device}/setpoints"
        await self._link.publish(topic, msgspec.json.encode(command))
        return await self.acknowledgement()

    async def acknowledgement(self) -> dict[str, Any]:
        (message,) = await self._acknowledgements.batch(1)
        assert message.topic == f"bal/nodes/{self._device}/acknowledgements"
        envelope = msgspec.json.decode(message.payload)
        signed = encode_defunct(text=envelope["payload"])
        assert Account.recover_message(signed, signature=envelope["signature"]) == self._device
        answer: dict[str, Any] = msgspec.json.decode(envelope["payload"])
        return answer


async def dso_of(field: Any, device: str) -> Dso:
    tls = await field.identity.transport_credentials("dso")
    link, answers = await field.link("dso", tls, "bal/nodes/+/acknowledgements")
    return Dso(link, answers, device)


async def started(field: Any, profile: Any, ems: Any) -> tuple[Any, Dso]:
    node = await field.enrolled(profile(1), ems=ems)
    dso = await dso_of(field, node.address)
    await node.start()
    await node._link.wait_up()
    return node, dso


async def test_setpoint_is_carried_out_once_and_acknowledged_each_time(
    field_: Any, profile: Any, ems: Any
) -> None:
    _, dso = await started(field_, profile, ems)
    first = await dso.send()
    assert (first["setpointId"], first["status"]) == ("outcome-1/50", "accepted")
    field_.clock.move_to(field_.clock.now() + timedelta(minutes=1))
    assert await dso.send() == first
    assert [it.power_kw for it in ems.applied] == [207.662]


async def test_setpoint_that_cannot_be_carried_out_is_refused(
    field_: Any, profile: Any, ems: Any
) -> None:
    _, dso = await started(field_, profile, ems)
    past = (field_.clock.now() - timedelta(minutes=15)).isoformat()
    for number, changes in enumerate([{"startTime": past}, {"podId": "IT002E60974469"}]):
        answer = await dso.send(setpointId=f"s{number}", **changes)
        assert answer["status"] == "refused"
        assert answer["detail"]
    assert ems.applied == []


async def test_refusal_of_the_energy_management_is_passed_on(field_: Any, profile: Any) -> None:
    class Unwilling:
        async def apply(self, command: SetpointCommand) -> None:
            raise SetpointRefused(f"{command.pod_id}: the battery is empty.")

    _, dso = await started(field_, profile, Unwilling())
    answer = await dso.send()
    assert (answer["status"], answer["detail"]) == (
        "refused",
        "IT002E61899978: the battery is empty.",
    )


async def test_setpoint_waits_for_a_node_that_is_away(field_: Any, profile: Any, ems: Any) -> None:
    node, dso = await started(field_, profile, ems)
    await node.stop()
    topic = f"bal/nodes/{node.address}/setpoints"
    body = SetpointCommand(
        setpoint_id="s",
        device=node.address,
        pod_id="IT002E61899978",
        start_time=START,
        duration_minutes=15,
        power_kw=1.0,
    )
    await dso._link.publish(topic, msgspec.json.encode(body))
    await node.start()
    assert (await dso.acknowledgement())["status"] == "accepted"
    assert ems.applied == [body]


async def test_broken_setpoints_and_failing_systems_stop_nothing(field_: Any, profile: Any) -> None:
    class Moody:
        def __init__(self) -> None:
            self.calls = 0

        async def apply(self, command: SetpointCommand) -> None:
            self.calls += 1
            if self.calls == 1:
                raise RuntimeError(f"no answer to {command.setpoint_id}")

    node, dso = await started(field_, profile, Moody())
    topic = f"bal/nodes/{node.address}/setpoints"
    await dso._link.publish(topic, b"garbage")
    await dso._link.publish(
        topic,
        msgspec.json.encode(
            SetpointCommand(
                setpoint_id="outcome-1/50",
                device=node.address,
                pod_id="IT002E61899978",
                start_time=START,
                duration_minutes=15,
                power_kw=207.662,
            )
        ),
    )
    # The first time the system fails, and nothing is acknowledged; the DSO sends it again.
    assert (await dso.send(startTime="2021-06-23T10:30:00Z"))["status"] == "accepted"


async def test_same_identifier_with_another_content_is_not_carried_out(
    field_: Any, profile: Any, ems: Any
) -> None:
    _, dso = await started(field_, profile, ems)
    await dso.send()
    topic = f"bal/nodes/{dso._device}/setpoints"
    body = {
        "setpointId": "outcome-1/50",
        "device": dso._device,
        "podId": "IT002E61899978",
        "startTime": START.isoformat(),
        "durationMinutes": 15,
        "powerKw": 999.0,
    }
    await dso._link.publish(topic, msgspec.json.encode(body))
    assert (await dso.send(setpointId="next"))["setpointId"] == "next"
    assert [it.power_kw for it in ems.applied] == [207.662, 207.662]
