"""What one edge is told: its settings, and the registry that they name."""

from pathlib import Path
from typing import Self

from pydantic import Field, field_validator

from edge import profiles, topic
from edge.broker import BrokerSettings
from edge.credential_key import CredentialSettings, read_pseudonyms
from edge.health import Health, MetricsSettings
from edge.home_assistant import HomeAssistantSettings
from edge.influx import InfluxSettings
from edge.journal import JournalSettings
from edge.mode import Modes
from edge.pipeline_settings import PipelineSettings
from edge.profiles import template
from edge.profiles.base import Profile
from edge.provisioned import ProvisioningSettings, read_key
from edge.push_settings import PushSettings, read_credentials
from edge.registry import Registry
from edge.rule_names import RuleSettings, faults_of
from edge.settings import (
    ConfigError,
    ConfigFault,
    Settings,
    gather,
    load,
    named_paths,
    read_table,
    unreadable,
)
from edge.timekeeper import ClockSettings
from edge.vendors import Vendors


class ProfileSettings(Settings):
    """The vendors' formats that this edge takes in, and the site's own binary templates."""

    enabled: tuple[str, ...] = ()
    templates: Path | None = None

    @field_validator("enabled")
    @classmethod
    def _come_by_mqtt(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = sorted(each.name for each in profiles.profiles() if each.filters)
        if wrong := sorted(set(names) - set(known)):
            raise ValueError(f"{wrong} come on no topic; there are {', '.join(known)}")
        return names


class EdgeSettings(Settings):
    """One edge, as its TOML file describes it; paths are relative to that file's folder."""

    edge: str
    site: str
    registry: Path
    journal: JournalSettings
    broker: BrokerSettings = BrokerSettings()
    pipeline: PipelineSettings = PipelineSettings()
    influx: InfluxSettings | None = None
    metrics: MetricsSettings | None = None
    profiles: ProfileSettings = ProfileSettings()
    push: PushSettings | None = None
    home_assistant: HomeAssistantSettings | None = None
    provisioning: ProvisioningSettings | None = None
    clock: ClockSettings = ClockSettings()
    rules: dict[str, RuleSettings] = Field(default_factory=dict)
    credentials: CredentialSettings | None = None

    @field_validator("edge", "site")
    @classmethod
    def _is_segment(cls, code: str) -> str:
        if not topic.is_segment(code):
            raise ValueError(f"{code!r} is not a code; use 1-32 of a-z 0-9 _ -")
        return code

    @field_validator("rules")
    @classmethod
    def _may_be_so(cls, rules: dict[str, RuleSettings]) -> dict[str, RuleSettings]:
        if wrong := faults_of({name: each.mode for name, each in rules.items()}):
            raise ValueError("; ".join(f"{name}: {why}" for name, why in sorted(wrong.items())))
        return rules

    @property
    def modes(self) -> Modes:
        """The modes that rules are given here."""
        return {name: each.mode for name, each in self.rules.items()}

    @classmethod
    def read(cls, path: Path) -> Self:
        """The settings in `path`.

        Raises:
            ConfigError: the file cannot be used; all faults at once.
        """
        return load(path, cls).beside(path.parent)


def check(path: Path) -> EdgeSettings:
    """The settings in `path`, when an edge can run by them and by the files they name.

    Raises:
        ConfigError: it cannot; the faults of all files at once.
    """
    faults: list[ConfigFault] = []
    settings = gather(faults, lambda: EdgeSettings.read(path))
    if settings is not None:
        gather(faults, lambda: read_registry(settings))
        gather(faults, lambda: read_profiles(settings))
        gather(faults, lambda: read_pseudonyms(settings.credentials))
        if push := settings.push:
            gather(faults, lambda: read_credentials(push))
        if provisioning := settings.provisioning:
            gather(faults, lambda: read_key(provisioning))
        faults += unreadable(settings, path)
    elif registry := named_paths(path).get("registry"):
        gather(faults, lambda: _registry_in(registry))
    if settings is None or faults:
        raise ConfigError(faults)
    return settings


def read_registry(settings: EdgeSettings) -> Registry:
    """The registry that `settings` name.

    Raises:
        ConfigError: it cannot be used, or is another site's; all faults at once.
    """
    registry = _registry_in(settings.registry)
    if registry.site != settings.site:
        problem = f'is the registry of "{registry.site}", this edge serves "{settings.site}"'
        fault = ConfigFault(settings.registry, "site", problem, "name the registry of that site")
        raise ConfigError([fault])
    return registry


def read_profiles(settings: EdgeSettings) -> tuple[Profile, ...]:
    """The profiles that `settings` enable: named, pushed by HTTP, and its file's templates.

    Raises:
        ConfigError: the templates cannot be used; all faults at once.
    """
    wanted = settings.profiles
    names = {*wanted.enabled, *(settings.push.vendors if settings.push else ())}
    named = [each for each in profiles.profiles() if each.name in names]
    if wanted.templates is None:
        return tuple(named)
    return (*named, *template.parse(read_table(wanted.templates), wanted.templates))


def read_vendors(settings: EdgeSettings, registry: Registry, health: Health) -> Vendors:
    """The vendors that `settings` enable; `health` counts what of theirs nobody asks for.

    Raises:
        ConfigError: the templates or the key of cards cannot be used.
    """
    enabled, pseudonyms = read_profiles(settings), read_pseudonyms(settings.credentials)
    return Vendors(
        registry,
        enabled,
        pseudonyms,
        lambda channel: health.count("unasked_dropped", reason=channel),
    )


def _registry_in(path: Path) -> Registry:
    return Registry.parse(read_table(path), path)
