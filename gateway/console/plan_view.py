"""An incident's plan on its page: what to do, who was told when, and each deadline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.clocks import PLAN, Clock, Fate, step_of
from alerts.incident import Incident, State
from alerts.plan import Plan, Step
from alerts.whistle import call_of
from gateway.api.incidents import Detail
from gateway.console.page import Voice
from gateway.console.texts import Lang


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of a plan: whom, when, how, what to do, and since when it is done."""

    who: str
    when: str
    how: str
    do: str
    progress: str
    done_ns: int | None


@dataclass(frozen=True, slots=True)
class ClockView:
    """One deadline; `state` is running, missed, met, late or dropped."""

    duty: str
    party: str
    due_ns: int
    state: str
    ended_ns: int | None
    assumed: bool


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan in the reader's language."""

    title: str
    action: str
    steps: tuple[StepView, ...]
    clocks: tuple[ClockView, ...]


def plan_view(voice: Voice, plan: Plan, detail: Detail) -> PlanView:
    """The plan that the incident began with, and how far it has come."""
    chinese = voice.lang is Lang.ZH
    told, called = _told(detail), _called(voice, detail)
    return PlanView(
        title=plan.title_zh if chinese else plan.title_en,
        action=plan.action_zh if chinese else plan.action_en,
        steps=tuple(
            step_view(voice, step, _progress(detail.incident, index), told.get(index))
            for index, step in enumerate(plan.step)
        ),
        clocks=tuple(_clock(voice, plan, clock, called) for clock in _present(detail.clocks)),
    )


def step_view(
    voice: Voice, step: Step, progress: str = "later", done_ns: int | None = None
) -> StepView:
    """A step of a plan; without `progress`, one that nobody has taken."""
    when = "step.after" if step.after else "step.at_once"
    words = [voice.say(when, after=voice.span(step.after))]
    if step.repeat:
        words.append(voice.say("step.repeat", every=voice.span(step.repeat)))
    return StepView(
        who=roles_text(voice, step.roles),
        when=" · ".join(words),
        how=" + ".join(voice.name("channel", channel) for channel in step.channels),
        do=step.do_zh if voice.lang is Lang.ZH else step.do_en,
        progress=progress,
        done_ns=done_ns if progress == "done" else None,
    )


def roles_text(voice: Voice, roles: Sequence[str]) -> str:
    """The names of `roles`."""
    return voice.listed(voice.name("role", role) for role in roles)


def miss_note(voice: Voice, detail: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """Whose deadline an event says was missed, and who was told of it."""
    parts = [voice.name("clock", str(detail["clock"]))]
    for key in ("whose", "told", "knew"):
        if people := detail.get(key):
            listed = voice.listed(names.get(person, person) for person in people)
            parts.append(voice.say(f"missed.{key}", people=listed))
    return parts


def _called(voice: Voice, detail: Detail) -> dict[int, str]:
    """The names of the called parties, by call."""
    key = "party_zh" if voice.lang is Lang.ZH else "party_en"
    made = [event.detail for event in detail.timeline if event.kind == "call_called"]
    return {each["call"]: str(each[key]) for each in made}


def _told(detail: Detail) -> dict[int, int]:
    """When each step of the present run was first taken."""
    found: dict[int, int] = {}
    for event in detail.timeline:
        if event.kind == "step" and event.at_ns >= detail.incident.started_ns:
            for step in event.detail["steps"]:
                found.setdefault(step, event.at_ns)
    return found


def _present(clocks: Sequence[Clock]) -> list[Clock]:
    """Those that count now, since the incident was last opened or reopened."""
    begun = max((clock.generation for clock in clocks if clock.party == PLAN), default=0)
    return [clock for clock in clocks if clock.generation >= begun]


def _clock(voice: Voice, plan: Plan, clock: Clock, calls: Mapping[int, str]) -> ClockView:
    step = step_of(clock.party)
    known = step is not None and step < len(plan.step)
    call = call_of(clock.party)
    return ClockView(
        duty=voice.name("clock", clock.kind),
        party=roles_text(voice, plan.step[step].roles)
        if known and step is not None
        else calls.get(call or 0, ""),
        due_ns=clock.due_ns,
        state=_state(clock),
        ended_ns=clock.ended_ns,
        assumed=clock.assumed,
    )


def _state(clock: Clock) -> str:
    if clock.fate is Fate.DROPPED:
        return "dropped"
    if clock.fate is Fate.MET:
        return "met" if clock.missed_ns is None else "late"
    return "running" if clock.missed_ns is None else "missed"


def _progress(incident: Incident, index: int) -> str:
    if incident.next_due_ns is not None and index == incident.step:
        return "next"
    repeated = index == incident.step and incident.round > 0
    exhausted = incident.next_due_ns is None and incident.owner is None and index == incident.step
    taken = incident.state is not State.OPEN
    return "done" if index < incident.step or repeated or (exhausted and taken) else "later"
