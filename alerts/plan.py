"""预案: by category, tier and estate, who is told, by which channel, and when the next are.

A plan file is refused as a whole while it has a hole: a step that could never run, a tier
without a default plan, an unknown role or channel.
"""

from enum import StrEnum
from itertools import pairwise, product
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from alerts.within import Within, WorkingDays
from edge.reading import Tier
from edge.settings import DurationS, Settings

ANY_CATEGORY = "*"
ANY_ESTATE: Literal["*"] = "*"


class Role(StrEnum):
    """What a person is to the homes of an area."""

    GRID_WORKER = "grid_worker"
    BACKUP = "backup"
    STREET = "street"
    FAMILY = "family"
    PROPERTY = "property"
    MAINTAINER = "maintainer"
    VOLUNTEER = "volunteer"


class Estate(StrEnum):
    """Whether a property company looks after a place; a 三无小区 has none."""

    MANAGED = "managed"
    UNMANAGED = "unmanaged"


class ClockKind(StrEnum):
    """What somebody has to do in time."""

    ANSWER = "answer"
    ARRIVE = "arrive"
    CLOSE = "close"


Skill = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
"""What a person can do or has: first_aid, lift, keys."""
ChannelName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
"""A way to reach a person; which there are, the folder of channels says."""
SMS: ChannelName = "sms"
WEBHOOK: ChannelName = "webhook"


class Terms(Settings):
    """How long answer, arrival and close may take, and which roles are told of a miss.

    Without a limit no clock runs. A miss is on the timeline even where nobody is told of it.
    """

    ack_within: Within | None = None
    arrive_within: Within | None = None
    close_within: Within | None = None
    on_miss: dict[ClockKind, Annotated[tuple[Role, ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )

    def limits(self) -> dict[ClockKind, float | WorkingDays]:
        """The limits that there are, by what has to be done within them."""
        told = (self.ack_within, self.arrive_within, self.close_within)
        named = zip(ClockKind, told, strict=True)
        return {kind: within for kind, within in named if within is not None}

    @model_validator(mode="after")
    def _misses_can_happen(self) -> Self:
        if idle := [kind.value for kind in self.on_miss if kind not in self.limits()]:
            raise ValueError(f"on_miss names {idle[0]}, for which there is no limit")
        return self


ANSWERED_IN = "15 min"
ARRIVED_IN = "60 min"
"""The limits of somebody called in whom the plan does not name."""


class Step(Terms):
    """People told together, `after` seconds from the start of the plan.

    `do_*` is what is asked of them, where it is not the plan's own action; limits count from
    the moment they are told. Only the last step may `repeat`: every so many seconds,
    `repeat_max` times. `choose` says how many of those on duty are told, the best first;
    `skills` are what the job asks of them.
    """

    after: DurationS
    roles: tuple[Role, ...] = Field(min_length=1)
    channels: tuple[ChannelName, ...] = Field(min_length=1)
    repeat: DurationS | None = Field(default=None, ge=30)
    repeat_max: int = Field(default=0, ge=0, le=100)
    choose: Annotated[int, Field(ge=1, le=50)] | Literal["all"] = "all"
    skills: tuple[Skill, ...] = Field(default=(), max_length=8)
    do_zh: str = Field(default="", max_length=200)
    do_en: str = Field(default="", max_length=400)

    @model_validator(mode="after")
    def _speaks_both_languages(self) -> Self:
        if bool(self.do_zh) != bool(self.do_en):
            raise ValueError("write both do_zh and do_en, or neither")
        return self


class Party(Terms):
    """Others who may be called in on an incident (吹哨报到), with limits from when they are."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")
    name_zh: str = Field(min_length=1, max_length=16)
    name_en: str = Field(min_length=1, max_length=32)
    roles: tuple[Role, ...] = Field(min_length=1)
    channels: tuple[ChannelName, ...] = Field(min_length=1)


class Plan(Terms):
    """What is done about one category at one tier until a person answers.

    `action_*` is the order in full; `short_*` is the same in a few words, for text messages.
    Limits count from the start of the plan. `on_clear` says whether the clocks stop when the
    condition clears before anybody has answered, and whether people hear that they need not go.
    `estate` restricts the plan to such places. Where the home has agreed to it, its resident has
    `ask_resident` to answer before the first step; no clock runs meanwhile.
    """

    id: str = Field(pattern=r"[a-z0-9][a-z0-9_-]{0,63}$")
    category: str = Field(min_length=1, max_length=32)
    tier: Literal[1, 2, 3]
    estate: Estate | Literal["*"] = ANY_ESTATE
    title_zh: str = Field(min_length=1, max_length=16)
    title_en: str = Field(min_length=1, max_length=24)
    short_zh: str = Field(min_length=1, max_length=10)
    short_en: str = Field(min_length=1, max_length=16)
    action_zh: str = Field(min_length=1, max_length=200)
    action_en: str = Field(min_length=1, max_length=400)
    ack_within: Within
    on_clear: Literal["stand_down", "keep"]
    ask_resident: DurationS | None = Field(default=None, ge=60, le=1_800)
    step: tuple[Step, ...] = Field(min_length=1, max_length=20)
    party: tuple[Party, ...] = Field(default=(), max_length=20)

    @model_validator(mode="after")
    def _steps_can_run(self) -> Self:
        problems = list(_step_problems(self.step))
        problems += _repeats("party", [party.id for party in self.party])
        if not problems:
            return self
        raise ValueError("; ".join(problems))


class Plans(Settings):
    """All plans of a gateway; `version` is noted on every incident they open."""

    version: int = Field(ge=1)
    plan: tuple[Plan, ...] = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _every_tier_has_a_default(self) -> Self:
        problems = [*_repeats("id", [plan.id for plan in self.plan])]
        places = [f"{plan.category}, tier {plan.tier}, {plan.estate}" for plan in self.plan]
        problems += _repeats("category, tier and estate", places)
        problems += [
            f'tier {tier.value} has no default plan (category = "{ANY_CATEGORY}")'
            for tier in (Tier.URGENT, Tier.IMPORTANT, Tier.GENERAL)
            if f"{ANY_CATEGORY}, tier {tier.value}, {ANY_ESTATE}" not in places
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def select(self, category: str, tier: Tier, estate: Estate | None = None) -> Plan:
        """The plan for that category and tier at such an estate, or the nearest default.

        The category weighs more than the estate, since it decides what is to be done. An
        estate of which nothing is known has the plans for any.

        Raises:
            LookupError: the tier is INFO, for which nobody is told.
        """
        at_tier: dict[tuple[str, str | None], Plan]
        at_tier = {(p.category, p.estate): p for p in self.plan if p.tier == tier}
        for wanted in product((category, ANY_CATEGORY), (estate, ANY_ESTATE)):
            if plan := at_tier.get(wanted):
                return plan
        raise LookupError(f"tier {tier.name} has no plan")

    def resume(self, plan_id: str, category: str, tier: Tier) -> Plan:
        """The plan that an incident began with, or what has taken its place since."""
        named = (plan for plan in self.plan if plan.id == plan_id)
        return next(named, None) or self.select(category, tier)


def _step_problems(steps: tuple[Step, ...]) -> list[str]:
    problems = [
        f"step {number + 1} does not come after step {number}"
        for number, (before, after) in enumerate(pairwise(steps), start=1)
        if after.after <= before.after
    ]
    problems += [
        f"step {number} repeats but is not the last"
        for number, step in enumerate(steps[:-1], start=1)
        if step.repeat is not None
    ]
    if (steps[-1].repeat is None) != (steps[-1].repeat_max == 0):
        problems.append("the last step needs both repeat and repeat_max, or neither")
    return problems


def _repeats(what: str, names: list[str]) -> list[str]:
    return [f"{what} {name!r} is used twice" for name in set(names) if names.count(name) > 1]
