"""A partner that was removed uses the broker no longer, though its certificate is still good."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

from platone.bootstrap.platform import Platform
from platone.infra.mqtt.link import MqttLink
from platone.infra.supervision import Supervisor
from platone.settings import Settings


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(40):
        while not condition():
            await asyncio.sleep(0.05)


def operators_file(data: Path) -> str:
    """A DSO's server as a partner, made of what the server tells of itself."""
    text = (data / "partner.toml").read_text("utf-8")
    text = text.replace('name = "platone"', 'name = "grid"')
    text = re.sub(r'url = ".*"', 'url = "https://grid.example"', text)
    return re.sub(r"contexts = .*", 'contexts = ["dso"]', text)


async def test_the_operators_platform_is_hung_up_on_once_it_is_no_partner(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, contexts="access,customers")
    platform = await Platform.open(settings, "https://metering.example")
    supervisor = Supervisor("dso")
    broker, tls = platform._broker, await platform._identity.transport_credentials("dso")
    assert broker is not None
    file = tmp_path / "partners" / "grid.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(operators_file(tmp_path), "utf-8")
    link = MqttLink(broker, tls, "dso", supervisor=supervisor)
    await until(lambda: broker.standing.holds("dso"))
    await link.start()
    await link.wait_up(30)
    text = file.read_text("utf-8")
    file.unlink()
    await until(lambda: not link.is_up)
    await until(lambda: next(iter(supervisor.health())).failures > 1)  # refused at each try
    assert not link.is_up
    file.write_text(text, "utf-8")
    await until(lambda: link.is_up)
    await link.stop()
    await platform.close()
