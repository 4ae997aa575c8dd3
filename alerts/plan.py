"""预案: for each category and tier, who is told, by which channel, and when the next are.

A plan file is refused as a whole while it has a hole: a step that could never run, a tier
without a default plan, an unknown role or channel.
"""

from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from edge.reading import Tier
from edge.settings import DurationS, Settings

ANY_CATEGORY = "*"


class Role(StrEnum):
    """What a person is to the homes of an area."""

    GRID_WORKER = "grid_worker"
    BACKUP = "backup"
    STREET = "street"
    FAMILY = "family"
    PROPERTY = "property"
    MAINTAINER = "maintainer"
    VOLUNTEER = "volunteer"


Skill = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
"""What a person can do or has: first_aid, lift, keys."""
ChannelName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
"""A way to reach a person; which there are, the folder of channels says."""
SMS: ChannelName = "sms"
WEBHOOK: ChannelName = "webhook"


class Step(Settings):
    """People told together, `after` seconds from the start of the plan.

    Only the last step may `repeat`: every so many seconds, `repeat_max` times. `choose` says how
    many of those on duty are told, the best first; `skills` are what the job asks of them.
    """

    after: DurationS
    roles: tuple[Role, ...] = Field(min_length=1)
    channels: tuple[ChannelName, ...] = Field(min_length=1)
    repeat: DurationS | None = Field(default=None, ge=30)
    repeat_max: int = Field(default=0, ge=0, le=100)
    choose: Annotated[int, Field(ge=1, le=50)] | Literal["all"] = "all"
    skills: tuple[Skill, ...] = Field(default=(), max_length=8)


class Plan(Settings):
    """What is done about one category at one tier until a person answers.

    `action_*` is the order in full; `short_*` is the same in a few words, for text messages.
    An answer later than `ack_within` counts as a miss. `on_clear` says whether the clocks
    stop when the condition clears before anybody has answered.
    """

    id: str = Field(pattern=r"[a-z0-9][a-z0-9_-]{0,63}$")
    category: str = Field(min_length=1, max_length=32)
    tier: Literal[1, 2, 3]
    title_zh: str = Field(min_length=1, max_length=16)
    title_en: str = Field(min_length=1, max_length=24)
    short_zh: str = Field(min_length=1, max_length=10)
    short_en: str = Field(min_length=1, max_length=16)
    action_zh: str = Field(min_length=1, max_length=200)
    action_en: str = Field(min_length=1, max_length=400)
    ack_within: DurationS
    on_clear: Literal["stand_down", "keep"]
    step: tuple[Step, ...] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _steps_can_run(self) -> Self:
        if not (problems := list(_step_problems(self.step))):
            return self
        raise ValueError("; ".join(problems))


class Plans(Settings):
    """All plans of a gateway; `version` is noted on every incident they open."""

    version: int = Field(ge=1)
    plan: tuple[Plan, ...] = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _every_tier_has_a_default(self) -> Self:
        problems = [*_repeats("id", [plan.id for plan in self.plan])]
        places = [f"{plan.category}, tier {plan.tier}" for plan in self.plan]
        problems += _repeats("category and tier", places)
        problems += [
            f'tier {tier.value} has no default plan (category = "{ANY_CATEGORY}")'
            for tier in (Tier.URGENT, Tier.IMPORTANT, Tier.GENERAL)
            if f"{ANY_CATEGORY}, tier {tier.value}" not in places
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def select(self, category: str, tier: Tier) -> Plan:
        """The plan for that category and tier, or the tier's default.

        Raises:
            LookupError: the tier is INFO, for which nobody is told.
        """
        at_tier = [plan for plan in self.plan if plan.tier == tier]
        for wanted in (category, ANY_CATEGORY):
            for plan in at_tier:
                if plan.category == wanted:
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
