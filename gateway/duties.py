"""What the gateway does by itself beside its intake and its dispatcher."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from edge.clock import Clock
from edge.session import Delivery, Session
from gateway.absences import AbsenceClerk
from gateway.campaign.asking import CampaignSettings
from gateway.campaign.runner import CampaignRunner
from gateway.closing.labeller import Labeller
from gateway.drill_order import DrillCalendar, DrillSettings
from gateway.engine import Engine
from gateway.neighbours.watch import NeighbourWatch
from gateway.registry.ownership import Owned
from gateway.uptime.hearing import UptimeHearing


class OwnWork(Protocol):
    """What the gateway's settings say of this work."""

    @property
    def site(self) -> str:
        """The site whose edges are told."""
        ...

    @property
    def drill(self) -> DrillSettings | None:
        """The monthly drill, if there is one."""
        ...

    @property
    def campaign(self) -> CampaignSettings:
        """When and how fast homes are asked."""
        ...


class Duties:
    """The recurring work of one gateway, beside the registry's, which is `others`.

    `leads` says whether it falls to this gateway of several.
    """

    def __init__(
        self,
        engine: Engine,
        others: Owned,
        settings: OwnWork,
        *,
        clock: Clock,
        leads: Callable[[], bool],
    ) -> None:
        self._labeller = Labeller(engine, site=settings.site, clock=clock, leads=leads)
        self._drills = DrillCalendar(engine, settings.drill, clock=clock, leads=leads)
        self._checks = CampaignRunner(engine, settings.campaign, clock=clock, leads=leads)
        self._neighbours = NeighbourWatch(engine, clock=clock, leads=leads)
        self._uptimes = UptimeHearing(engine.database, settings.site)
        self._clerk = others.office and AbsenceClerk(
            engine, others.office, clock=clock, leads=leads
        )
        self._others = others
        self._leads = leads
        self.filters = (*self._labeller.filters, *self._uptimes.filters, *others.filters)

    def aside(self, delivery: Delivery, now_ns: int) -> bool:
        """Whether the delivery was for one of these duties; it is dealt with then."""
        other = self._others.aside
        taken = self._labeller.take(delivery, now_ns) or self._uptimes.take(delivery, now_ns)
        return taken or (other is not None and other(delivery, now_ns))

    def parts(self, session: Session) -> dict[str, Coroutine[Any, Any, None]]:
        """The tasks to run, by name: the session itself, and what goes on over it."""
        keeper = self._others.keeper(session, self._leads)
        return {
            "broker": session.run(keeper.on_link),
            "registry": keeper.run(),
            "labels": self._labeller.run(session),
            "drills": self._drills.run(),
            "checks": self._checks.run(),
            "neighbours": self._neighbours.run(),
            **({"absences": self._clerk.run()} if self._clerk else {}),
        }
