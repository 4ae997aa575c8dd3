"""What others tell the edge: the time, their acks, a registry, that Home Assistant has started.

It comes among what devices say, by topics of its own, and leaves no entry in the journal under
them: it is obeyed, then acked.
"""

from collections.abc import Awaitable, Callable, Sequence

from edge import topic
from edge.announcer import Announcer
from edge.courier import Courier
from edge.edge_settings import EdgeSettings
from edge.provisioned import Provisioning
from edge.session import Delivery, Session
from edge.timekeeper import Timekeeper

Hear = Callable[[list[Delivery]], Awaitable[None]]


class Topics:
    """The topics by which an edge is told something; None where nobody may."""

    def __init__(self, settings: EdgeSettings) -> None:
        site, edge, assistant = settings.site, settings.edge, settings.home_assistant
        self.time = topic.answer_topic(site, edge)
        self.acks = topic.ack_topic(site, edge)
        self.registry = topic.config_topic(site, edge) if settings.provisioning else None
        self.labels = topic.label_topic(site, edge)
        self.birth = assistant.birth_topic if assistant else None

    def filters(self) -> tuple[str, ...]:
        """What to subscribe to."""
        return tuple(t for t in (self.time, self.acks, self.labels, self.registry, self.birth) if t)


class Told:
    """Who hears what by `topics`, in the order in which a batch is obeyed."""

    def __init__(  # noqa: PLR0913  (all who hear, wired once by the agent)
        self,
        topics: Topics,
        *,
        clock: Timekeeper,
        courier: Courier,
        provisioning: Provisioning,
        announcer: Announcer,
        hear_labels: Hear,
    ) -> None:
        self._clock = clock
        self._courier = courier
        self._provisioning = provisioning
        self._announcer = announcer
        heard: tuple[tuple[str | None, Hear], ...] = (
            (topics.time, self._hear_the_time),
            (topics.acks, self._hear_acks),
            (topics.registry, self._hear_registry),
            (topics.labels, hear_labels),
            (topics.birth, self._hear_birth),
        )
        self._hearers = {name: hear for name, hear in heard if name}

    def sort(self, received: Sequence[Delivery]) -> tuple[Sequence[Delivery], list[Delivery]]:
        """What devices say, and what was told."""
        told = [each for each in received if each.topic in self._hearers]
        if not told:
            return received, told
        return [each for each in received if each.topic not in self._hearers], told

    async def obey(self, told: Sequence[Delivery], session: Session) -> None:
        """Do as told; `session` has the acks afterwards."""
        for of_topic, hear in self._hearers.items():
            if heard := [each for each in told if each.topic == of_topic]:
                await hear(heard)
        session.ack(told)

    async def _hear_the_time(self, answers: list[Delivery]) -> None:
        for answer in answers:
            self._clock.hear(answer)

    async def _hear_acks(self, acks: list[Delivery]) -> None:
        await self._courier.acknowledge([ack.payload for ack in acks])

    async def _hear_registry(self, pushed: list[Delivery]) -> None:
        for each in pushed:
            await self._provisioning.take(each.payload)

    async def _hear_birth(self, births: list[Delivery]) -> None:
        self._announcer.born(births[-1].payload)
