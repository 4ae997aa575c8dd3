"""The gateway's configuration: one TOML file that names the others.

All files are read before any fault is reported, so that one start shows all there is to
mend. Paths are relative to the folder of the file that names them.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Literal, Self, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field, IPvAnyNetwork, SecretStr, create_model, field_validator, model_validator

from alerts.channels.catalog import ChannelSettings, Kind, kinds
from alerts.link import SECRET_BYTES_MIN
from alerts.pace import Pace
from alerts.plan import Plans
from alerts.roster import Places, Roster
from edge.broker import BrokerSettings
from edge.influx import InfluxSettings
from edge.reading import SECOND_NS
from edge.registry import Registry
from edge.settings import (
    ConfigError,
    ConfigFault,
    DurationS,
    Settings,
    gather,
    load,
    named_paths,
    read_table,
    unreadable,
)
from edge.topic import is_segment
from gateway.access.bearer import BearerToken
from gateway.alertmanager.settings import AlertmanagerSettings
from gateway.book import Book
from gateway.campaign.asking import CampaignSettings
from gateway.closing.feedback_settings import FeedbackSettings
from gateway.closing.terms import ClosingSettings
from gateway.db.budgets import Budgets
from gateway.db.costs import Costs
from gateway.drill_order import DrillSettings
from gateway.heartbeat_settings import HeartbeatSettings
from gateway.plans.shelf import Shelf
from gateway.registry.signing import signing_key
from gateway.retention_settings import RetentionSettings
from gateway.roster_faults import strange_places
from gateway.work_items import WorkItemSettings
from gateway.zone import ZoneName

_SQLITE = "sqlite:///"


class ListenSettings(Settings):
    """Where the console and the API are served.

    `proxies` stand before it and say in X-Forwarded-For who asks; without them, all who come by
    one are one address, and share its tries to sign in.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65_535)
    proxies: tuple[IPvAnyNetwork, ...] = Field(default=(), max_length=16)


class DatabaseSettings(Settings):
    """The gateway's own database, as an SQLAlchemy URL; never printed, it may hold a password."""

    url: SecretStr = SecretStr(f"{_SQLITE}gateway.sqlite3")

    def beside(self, folder: Path) -> Self:
        """These settings with the file of an SQLite URL, where relative, taken from `folder`."""
        url = self.url.get_secret_value()
        file = url.removeprefix(_SQLITE)
        if file in {url, "", ":memory:"}:
            return self
        return self.model_copy(update={"url": SecretStr(f"{_SQLITE}{folder / file}")})

    @field_validator("url")
    @classmethod
    def _has_a_driver(cls, url: SecretStr) -> SecretStr:
        try:
            sa.create_engine(url.get_secret_value()).dispose()
        except (sa.exc.ArgumentError, ImportError, ValueError):
            problem = "is no address of a database that this installation can use"
            remedy = 'write "sqlite:///FILE", or install the driver that it names'
            raise ValueError(f"{problem}; {remedy}") from None
        return url


class HistorySettings(Settings):
    """Where past readings are read from: an edge's journal beside us, or InfluxDB."""

    kind: Literal["none", "journal", "influx"] = "none"
    journal: Path | None = None
    influx: InfluxSettings | None = None

    @model_validator(mode="after")
    def _has_its_source(self) -> Self:
        if self.kind != "none" and getattr(self, self.kind) is None:
            raise ValueError(f'kind = "{self.kind}" needs the key {self.kind}')
        return self


# The ways to people that this gateway has, by name; a missing one is never used.
if TYPE_CHECKING:
    ChannelsSettings = Settings  # its fields are the folder's, which only a run knows
else:
    ChannelsSettings = create_model(
        "ChannelsSettings",
        __base__=Settings,
        **{name: (kind.settings | None, None) for name, kind in kinds().items()},
    )


class ProvisioningSettings(Settings):
    """The gateway owns the registry and pushes it to the edges, signed.

    `key_file` is made on the first start. `edges` are pushed to before they were ever heard.
    """

    key_file: Path = Path("registry.key")
    edges: tuple[str, ...] = Field(default=(), max_length=500)


class GatewaySettings(Settings):
    """One gateway, as its TOML file describes it.

    `public_url` is how people reach the console. `secret_file` holds the key that signs
    one-time links, in hexadecimal; it is made on the first start. `metrics_token` lets a
    scraper read /metrics without an account. `node` tells this gateway from the others that
    share its database; without it, the machine's name does. `zone` ("Asia/Shanghai") goes
    before `utc_offset_h`, which knows no summer time.
    """

    site: str
    public_url: str = Field(pattern=r"^https?://[^\s/]+(?:/\S*)?$")
    registry: Path
    plans: Path
    roster: Path
    places: Path
    secret_file: Path
    listen: ListenSettings = ListenSettings()
    database: DatabaseSettings = DatabaseSettings()
    broker: BrokerSettings = BrokerSettings(client_id="gateway")
    history: HistorySettings = HistorySettings()
    channels: ChannelsSettings = ChannelsSettings()
    provisioning: ProvisioningSettings | None = None
    closing: ClosingSettings = ClosingSettings()
    drill: DrillSettings | None = None
    campaign: CampaignSettings = CampaignSettings()
    work_items: WorkItemSettings = WorkItemSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    metrics_token: BearerToken | None = None
    heartbeat: HeartbeatSettings | None = None
    retention: RetentionSettings = RetentionSettings()
    alertmanager: AlertmanagerSettings | None = None
    node: str = Field(default="", pattern=r"^[a-z0-9_-]{0,32}$")
    pace: Pace = Pace()
    utc_offset_h: float = Field(default=8.0, ge=-14, le=14)
    zone: ZoneName | None = None
    link_life: DurationS = Field(default=3 * 86_400.0, ge=3_600, le=30 * 86_400)

    @field_validator("site")
    @classmethod
    def _is_segment(cls, site: str) -> str:
        if not is_segment(site):
            raise ValueError("write 1 to 32 of a-z 0-9 _ -, beginning with a letter or digit")
        return site


def _budgets(settings: GatewaySettings) -> Budgets:
    told = {kind: own for kind, own in configured(settings) if isinstance(own, ChannelSettings)}
    return Budgets(
        {kind.name: own.budget or kind.budgets for kind, own in told.items()},
        {kind.name: kind.account for kind in told},
        Costs({kind.name: own.cost for kind, own in told.items() if own.cost}, _zone(settings)),
        frozenset(kind.name for kind in told if kind.rush),
    )


def _zone(settings: GatewaySettings) -> tzinfo:
    offset = timezone(timedelta(hours=settings.utc_offset_h))
    return offset if settings.zone is None else ZoneInfo(settings.zone)


def configured(settings: GatewaySettings) -> list[tuple[Kind, Settings]]:
    """The channels that the file describes, with their settings."""
    told = [(kind, getattr(settings.channels, name)) for name, kind in kinds().items()]
    return [(kind, own) for kind, own in told if own is not None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """All of a gateway's configuration, checked."""

    settings: GatewaySettings
    book: Book
    registry: Registry
    signing: Ed25519PrivateKey | None = None


def load_gateway(path: Path) -> Loaded:
    """The configuration at `path` and in the files it names.

    Raises:
        ConfigError: the faults of all of these files at once.
    """
    faults: list[ConfigFault] = []
    settings = gather(faults, lambda: load(path, GatewaySettings).beside(path.parent))
    files = named_paths(path)
    plans = _part(faults, files, "plans", lambda file: load(file, Plans))
    roster = _part(faults, files, "roster", lambda file: load(file, Roster))
    places = _part(faults, files, "places", lambda file: load(file, Places))
    registry = _part(faults, files, "registry", _registry)
    secret = _part(faults, files, "secret_file", link_secret)
    owning = settings.provisioning if settings else None
    signing = gather(faults, lambda: signing_key(owning.key_file)) if owning else None
    if settings is not None:
        faults += _secret_faults(settings, path)
        if registry is not None and registry.site != settings.site:
            problem = f'its site is "{registry.site}", ours is "{settings.site}"'
            faults.append(ConfigFault(settings.registry, "site", problem, "make them equal"))
    if plans is not None:
        faults += _unknown_channels(plans, files["plans"])
    if roster is not None:
        faults += _bad_addresses(roster, files["roster"])
    if roster is not None and registry is not None and owning is None:
        faults += strange_places(roster, registry, files["roster"])
    if faults:
        raise ConfigError(faults)
    assert settings and plans and roster and places and registry and secret  # noqa: S101, PT018  (no fault, so all are there)
    book = Book(
        plans=plans,
        shelf=Shelf(plans),
        roster=roster,
        places=places,
        public_url=settings.public_url.rstrip("/"),
        secret=secret,
        utc_offset_h=settings.utc_offset_h,
        zone_name=settings.zone,
        link_life_ns=int(settings.link_life * SECOND_NS),
        budgets=_budgets(settings),
        closing=settings.closing,
        work_items=settings.work_items,
        feedback=settings.feedback,
        registry=registry,
        pace=settings.pace,
    )
    return Loaded(settings, book, registry, signing)


def link_secret(path: Path) -> bytes:
    """The key at `path`, made there (for its owner's eyes only) when there is no such file.

    Raises:
        ConfigError: it cannot be read or made, or is not at least 32 bytes of hexadecimal.
    """
    try:
        _make_secret(path)
        secret = bytes.fromhex(path.read_text("ascii").strip())
    except (OSError, ValueError) as error:
        fault = ConfigFault(path, "(file)", str(error), "put 64 or more hexadecimal digits there")
        raise ConfigError([fault]) from None
    if len(secret) < SECRET_BYTES_MIN:
        problem = f"has {len(secret)} bytes, which can be guessed"
        raise ConfigError([ConfigFault(path, "(file)", problem, "remove it; a new one is made")])
    return secret


def _make_secret(path: Path) -> None:
    """Put a new key at `path`, whole or not at all, unless there is one.

    Of two that start at once, one makes the key of both.
    """
    if path.exists():
        return
    made, beside = mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(made, "w") as file:
            file.write(secrets.token_hex(SECRET_BYTES_MIN))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        Path(beside).unlink()


T = TypeVar("T")


def _part(
    faults: list[ConfigFault], files: Mapping[str, Path], name: str, read: Callable[[Path], T]
) -> T | None:
    """What the file named by the key `name` holds; a missing name is a fault already."""
    return gather(faults, lambda: read(files[name])) if name in files else None


def _secret_faults(settings: GatewaySettings, path: Path) -> list[ConfigFault]:
    faults = unreadable(settings.broker, path, "broker.")
    faults += unreadable(settings.history, path, "history.")
    for kind, own in configured(settings):
        gather(faults, lambda check=kind.check, own=own: check(own))  # type: ignore[misc]
    return faults


def _unknown_channels(plans: Plans, path: Path) -> list[ConfigFault]:
    remedy = f"write one of {', '.join(kinds())}"
    return [
        ConfigFault(path, f"plan.{n}.step.{i}.channels", f'no channel "{name}"', remedy)
        for n, plan in enumerate(plans.plan)
        for i, step in enumerate(plan.step)
        for name in step.channels
        if name not in kinds()
    ]


def _bad_addresses(roster: Roster, path: Path) -> list[ConfigFault]:
    faults: list[ConfigFault] = []
    for n, person in enumerate(roster.person):
        for name, address in person.reach.items():
            key, kind = f"person.{n}.reach.{name}", kinds().get(name)
            if kind is None:
                remedy = f"write one of {', '.join(kinds())}"
                faults.append(ConfigFault(path, key, f'no channel "{name}"', remedy))
            elif not kind.address.fullmatch(address):
                faults.append(ConfigFault(path, key, "is no address of it", f"write {kind.hint}"))
    return faults


def _registry(path: Path) -> Registry:
    return Registry.parse(read_table(path), path)
