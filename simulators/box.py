"""Everything that one box needs, written into one folder: the files a community would write.

The edge and the gateway read them by their ordinary loaders.
"""

import base64
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from simulators.duty import PLANS, roster_text
from simulators.estate import Home, places_text, registry_text
from simulators.nats import HOST, USERNAME

EDGE = "e01"
DATABASE = "shouwang"
"""InfluxDB's name for what the edge forwards."""

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its folder, its site, and the ports and password of this run.

    With an `influx_url` the edge forwards there and the gateway reads history from there.
    """

    folder: Path
    site: str
    broker_port: int
    broker_password: str
    console_port: int
    hook_url: str
    sms_database: Path
    influx_url: str = ""

    @property
    def edge_file(self) -> Path:
        """The edge's configuration."""
        return self.folder / "edge.toml"

    @property
    def gateway_file(self) -> Path:
        """The gateway's configuration."""
        return self.folder / "gateway.toml"

    @property
    def hook_secret_file(self) -> Path:
        """The key that signs webhooks."""
        return self.folder / "webhook.secret"

    @property
    def database_url(self) -> str:
        """The gateway's database."""
        return f"sqlite:///{self.folder / 'gateway.sqlite'}"

    @property
    def console_url(self) -> str:
        """Where the console is."""
        return f"http://{HOST}:{self.console_port}"


def write_box(box: Box, homes: Iterable[Home]) -> None:
    """All of the box's files are in its folder, readable by their owner only."""
    homes = tuple(homes)
    texts = {
        "registry.toml": registry_text(box.site, homes),
        "places.toml": places_text(homes),
        "roster.toml": roster_text(box.site, box.hook_url),
        "plans.toml": PLANS,
        box.edge_file.name: _edge(box),
        box.gateway_file.name: _gateway(box),
    }
    for name, text in texts.items():
        path = box.folder / name
        path.touch(mode=0o600)
        path.write_text(text, "utf-8")


def make_hook_secret(folder: Path) -> str:
    """A fresh key for webhooks, also in `folder`/webhook.secret for its owner's eyes only."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    path = folder / "webhook.secret"
    path.touch(mode=0o600)
    path.write_text(secret, "ascii")
    return secret


def _broker(box: Box, client_id: str) -> str:
    return (
        f'[broker]\nhost = "{HOST}"\nport = {box.broker_port}\nclient_id = "{client_id}"\n'
        f'username = "{USERNAME}"\npassword = {json.dumps(box.broker_password)}\n'
    )


def _edge(box: Box) -> str:
    return (
        f'edge = "{EDGE}"\nsite = "{box.site}"\nregistry = "registry.toml"\n\n'
        f'[journal]\npath = "journal.sqlite"\n\n{_broker(box, EDGE)}' + _influx(box, "influx")
    )


def _influx(box: Box, table: str) -> str:
    if not box.influx_url:
        return ""
    return f'\n[{table}]\nurl = "{box.influx_url}"\ndatabase = "{DATABASE}"\n'


def _history(box: Box) -> str:
    if box.influx_url:
        return f'[history]\nkind = "influx"\n{_influx(box, "history.influx")}'
    return '[history]\nkind = "journal"\njournal = "journal.sqlite"\n'


def _gateway(box: Box) -> str:
    return (
        f'site = "{box.site}"\npublic_url = "{box.console_url}"\n'
        'registry = "registry.toml"\nplans = "plans.toml"\nroster = "roster.toml"\n'
        'places = "places.toml"\nsecret_file = "link.secret"\n\n'
        f'[listen]\nhost = "{HOST}"\nport = {box.console_port}\n\n'
        f'[database]\nurl = "{box.database_url}"\n\n{_broker(box, "gateway")}\n'
        f"{_history(box)}\n"
        # Scaled minutes are short: a daemon that runs in real seconds is alive for longer.
        f'[channels.sms]\ndatabase = "{box.sms_database}"\nsilent_after = "7 d"\n\n'
        f'[channels.webhook]\nsecret_file = "{box.hook_secret_file.name}"\n'
        'private_networks = ["127.0.0.0/8"]\n'
    )
