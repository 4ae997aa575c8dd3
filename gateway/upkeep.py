"""What the gateway does for itself: its time, its standing, its self-audit, its forgetting."""

import random
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, Self

from msgspec import structs

from edge.session import Session
from gateway.api.desk import Desk
from gateway.certificate_watch import CertificateWatch
from gateway.engine import Engine
from gateway.guarded_clock import ClockWatch, GuardedClock
from gateway.health import Pulse, Vitals
from gateway.heartbeat import Heartbeat
from gateway.member import Standing, stand
from gateway.retention import Retention
from gateway.rota import Rota
from gateway.self_audit import SelfAudit
from gateway.settings import GatewaySettings


class Upkeep:
    """The parts that no message passes through; made by `begin`."""

    def __init__(self, engine: Engine, clock: GuardedClock, standing: Standing) -> None:
        self._engine = engine
        self._clock = clock
        self._standing = standing
        self._audit: SelfAudit | None = None
        self._certificates: CertificateWatch | None = None
        self._rota = Rota(engine, clock)
        self._parts = {"standing": standing.run, "roster": self._rota.run}

    @classmethod
    async def begin(cls, engine: Engine, clock: GuardedClock, rng: random.Random) -> Self:
        """Our time holds and messages may be claimed.

        Raises:
            NameTakenError: another gateway beats under the engine's name.
        """
        clock_watch = ClockWatch(engine, clock)
        clock_watch.start()
        upkeep = cls(engine, clock, await stand(engine, clock, f"{rng.getrandbits(64):016x}"))
        upkeep._parts["clock"] = clock_watch.run
        return upkeep

    def equip(self, desk: Desk) -> Desk:
        """`desk` with the means to change the roster that is run by."""
        return replace(desk, rota=self._rota)

    def watch(
        self,
        vitals: Callable[[], Vitals],
        session: Session,
        settings: GatewaySettings,
        stack: AsyncExitStack,
    ) -> None:
        """The gateway will look at itself, say outside that it is well where asked, and forget."""
        audit = SelfAudit(
            self._engine, vitals, site=settings.site, clock=self._clock, leads=self.leads
        )
        if settings.heartbeat is not None:
            beat = Heartbeat(self._engine, settings.heartbeat, session, site=settings.site)
            stack.push_async_callback(beat.aclose)
            audit.listeners.append(beat.hear)
        self._audit = audit
        self._parts["audit"] = audit.run
        self._certificates = CertificateWatch(
            self._engine, session, site=settings.site, clock=self._clock, leads=self.leads
        )
        self._parts["certificates"] = self._certificates.run
        forgetting = Retention(
            self._engine, settings.retention, clock=self._clock, leads=self.leads
        )
        self._parts["retention"] = forgetting.run

    def leads(self) -> bool:
        """Whether this gateway does what only one may do."""
        return self._standing.leads

    def told(self, pulse: Pulse) -> Pulse:
        """`pulse` with what the last self-audit found, and what the plans' people lack."""
        pulse = self._rota.told(pulse)
        if self._certificates is not None:
            until_ns = self._certificates.own_until_ns
            pulse = structs.replace(pulse, certificate_until_ns=until_ns)
        last = self._audit.last if self._audit else None
        if last is None:
            return pulse
        return structs.replace(pulse, audited_ns=last.at_ns, mended=sum(last.mended.values()))

    def parts(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What has to run, by name."""
        return {name: run() for name, run in self._parts.items()}
