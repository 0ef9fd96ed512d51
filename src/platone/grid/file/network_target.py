"""Networks as files of other forms: pandapower's JSON, CGMES as zip."""

import io
import zipfile
from typing import Literal

from platone.grid.file.cim.write import write_cim
from platone.grid.file.pandapower.write import write_pandapower
from platone.grid.flow.state import Flow
from platone.grid.network.model import Network

NetworkForm = Literal["pandapower", "cgmes-3.0", "cgmes-2.4.15"]
"""Another form that a network can be written in."""
_NO_TIME = (1980, 1, 1, 0, 0, 0)
"""Time of every file in an archive, the least that zip knows: the same network gives the same
bytes."""


def write_network_content(network: Network, form: NetworkForm, flow: Flow | None = None) -> bytes:
    """Return a network as a file; with a solved state CGMES gets an SV profile, too."""
    if form == "pandapower":
        return write_pandapower(network)
    version: Literal["3.0", "2.4.15"] = "3.0" if form == "cgmes-3.0" else "2.4.15"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in write_cim(network, flow, cgmes=version).items():
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
