"""Requests go to whom their address belongs, and to nobody else."""

from pathlib import Path

import httpx
import pytest

from platone.infra.http.partner import Partners, PartnerTransport


def client(folder: Path, url: str) -> httpx.AsyncClient:
    own = httpx.MockTransport(lambda request: httpx.Response(200, text=request.url.path))
    transport = PartnerTransport(own, Partners(folder, url, ["market"]))
    return httpx.AsyncClient(transport=transport, base_url=url)


@pytest.mark.parametrize(
    "url",
    ["https://market.example", "https://Market.example:443", "https://127.0.0.1:8443"],
)
async def test_what_is_ours_stays_here_however_its_port_is_written(
    tmp_path: Path, url: str
) -> None:
    async with client(tmp_path, url) as http:
        assert (await http.get("/api/clock")).text == "/api/clock"


@pytest.mark.parametrize("url", ["https://stranger.example/api/clock", "http://market.example/"])
async def test_a_stranger_is_not_called(tmp_path: Path, url: str) -> None:
    async with client(tmp_path, "https://market.example") as http:
        with pytest.raises(httpx.ConnectError, match="no partner"):
            await http.get(url)
