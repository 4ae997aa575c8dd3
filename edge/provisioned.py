"""The registry as the gateway pushes it: taken, kept, gone by, and what was heard told back.

Off unless edge.toml has `[provisioning]`; without it the file rules, also after a time with.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from edge import topic
from edge.clock import Clock, deadline, sleep
from edge.disk_room import when_room
from edge.entry import Provisioned
from edge.fold import Fold
from edge.health import Health
from edge.provisioning import Known, Offer, Refusal, Standing, judge
from edge.registry import Registry
from edge.registry_copy import read_copy, write_copy
from edge.seen import SeenPage, pages
from edge.session import NotPublished, Session
from edge.settings import ConfigError, ConfigFault, Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

log = logging.getLogger(__name__)

REPORT_S = 60.0
PAUSE_S = 2.0

OnRegistry = Callable[[Registry], None]
"""Told the registry that holds from now on."""


class ProvisioningSettings(Settings):
    """Whose registry is taken, and where its last good copy stands.

    `public_key_file` is what `shouwang registry key` prints at the gateway.
    """

    public_key_file: Path
    copy_file: Path = Path("registry.pushed")


def read_key(settings: ProvisioningSettings) -> "Ed25519PublicKey":
    """The gateway's public key.

    Raises:
        ConfigError: there is none in the file.
    """
    # A tenth of an edge's memory, and only an edge that is pushed to comes here.
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    path = settings.public_key_file
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        problem, key = str(error), None
    else:
        problem = "is no Ed25519 key"
    if not isinstance(key, Ed25519PublicKey):
        remedy = "put there what `shouwang registry key` prints at the gateway"
        raise ConfigError([ConfigFault(path, "(file)", problem, remedy)])
    return key


class Provisioning:
    """Takes pushes into one fold, and tells the gateway what was heard."""

    def __init__(  # noqa: PLR0913  (its whole surroundings, wired once by the agent)
        self,
        place: tuple[str, str],
        settings: ProvisioningSettings | None,
        fold: Fold,
        session: Session,
        *,
        clock: Clock,
        health: Health,
    ) -> None:
        self._site, self._edge = place
        self._settings = settings
        self._key = read_key(settings) if settings else None
        self._fold = fold
        self._session = session
        self._clock = clock
        self._health = health
        self._stirred = asyncio.Event()
        self._told_all_ns: int | None = None
        self._begun = False
        self._early: bytes | None = None  # the last push that came before the time was known
        self.topic = topic.config_topic(*place)
        self.changed: list[OnRegistry] = []

    async def begin(self) -> None:
        """The registry that holds is the newest of journal, copy and push; or the file, when off.

        Called once, when the time is known: a change of the registry bears it.
        """
        if self._settings is None:
            if self._fold.in_force.version:
                await self._go_by(0, b"")
        elif (copy := read_copy(self._settings.copy_file)) is not None:
            await self._take(copy, keep=False)
        self._begun = True
        self._tell()
        if self._early is not None:
            await self._take(self._early, keep=True)

    async def take(self, payload: bytes) -> None:
        """Go by the registry in `payload`, if it is for us to take; else count why not."""
        if self._begun:
            await self._take(payload, keep=True)
        else:
            self._early = payload

    async def run(self) -> None:
        """Tell what was heard: newcomers within two seconds, everything once a minute."""
        while self._settings is not None:
            self._stirred.clear()
            if self._session.connected:
                await self._report()
            await sleep(self._clock, PAUSE_S)
            await self._until_stirred()

    def stir(self) -> None:
        """Something was heard."""
        if self._settings and self._fold.seen.is_pressing(self._clock.now_ns()):
            self._stirred.set()

    async def _until_stirred(self) -> None:
        try:
            async with deadline(self._clock, REPORT_S):
                await self._stirred.wait()
        except TimeoutError:
            return

    async def _take(self, payload: bytes, *, keep: bool) -> None:
        if self._settings is None or self._key is None:
            return
        fold = self._fold
        standing = Standing(
            self._key, self._site, self._edge, fold.in_force.version, fold.in_force.table
        )
        match judge(payload, standing):
            case Offer(version, table):
                if keep:
                    await self._keep(payload)
                await self._go_by(version, table)
            case Refusal(fault, detail) if keep:
                self._health.count("registries_refused", reason=fault.value)
                log.warning("a pushed registry is refused (%s): %s", fault.value, detail)
            case Refusal() | Known():
                pass

    async def _keep(self, payload: bytes) -> None:
        """Write the copy; a disk that has no room for it does not stop the change."""
        settings = cast("ProvisioningSettings", self._settings)
        try:
            write_copy(settings.copy_file, payload)
        except OSError as error:
            self._health.count("registry_copies_failed")
            log.error("%s: %s; the journal alone has it", settings.copy_file, error.strerror)  # noqa: TRY400  (a state of the disk)

    async def _go_by(self, version: int, table: bytes) -> None:
        fold, now_ns = self._fold, self._clock.now_ns()
        before = fold.in_force.registry
        change = Provisioned(version, now_ns, table)
        await when_room(self._clock, self._health, partial(fold.provision, change))
        self._health.count("registries_applied")
        log.info("registry version %d: %d devices", version, len(fold.in_force.registry.devices()))
        fold.seen.welcome(before, fold.in_force.registry, now_ns)
        self._tell()

    def _tell(self) -> None:
        self._health.gauge("registry_version", self._fold.in_force.version)
        for told in self.changed:
            told(self._fold.in_force.registry)
        self._stirred.set()

    async def _report(self) -> None:
        seen, now_ns = self._fold.seen, self._clock.now_ns()
        whole = self._told_all_ns is None or now_ns - self._told_all_ns >= REPORT_S * 1e9
        devices = seen.all() if whole else seen.pressing()
        if whole:
            self._told_all_ns = now_ns
        self._health.count("strangers_dropped", seen.take_dropped())
        version = self._fold.in_force.version
        page = SeenPage(1, self._edge, now_ns, version, devices, seen.strangers())
        for payload in pages(page):
            try:
                await self._session.publish(topic.seen_topic(self._site, self._edge), payload)
            except NotPublished as error:
                self._health.count("publishes_failed")
                log.info("what was heard is not told: %s", error)
                return
