"""What really happened in a trial, written by carriers and people, never by the engine."""

from collections import Counter
from dataclasses import dataclass, field

from alerts.channels.base import Outcome, Outgoing
from alerts.incident import Act


@dataclass(slots=True)
class Call:
    """One call of the gateway to a carrier.

    `ended_s` and `answer` stay None when the caller died before it had an answer.
    """

    idempotency_id: str
    channel: str
    incident: str
    purpose: str
    began_s: float
    ended_s: float | None = None
    answer: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Ring:
    """A message on a person's device."""

    idempotency_id: str
    incident: str
    purpose: str
    person: str
    at_s: float


@dataclass(slots=True)
class Meant:
    """An act that a person meant; `done_s` is when the gateway said that it had it.

    An answer without a code is not `clear`: it may be asked back about, but never mistaken.
    """

    person: str
    incident: str
    act: Act
    clear: bool
    at_s: float
    done_s: float | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """What a person wrote, whatever they meant by it."""

    person: str
    text: str
    at_s: float


@dataclass(slots=True)
class Truth:
    """All of it: calls, what carriers took and how often, rings, answers, deaths of the gateway.

    `silent` are messages that a carrier took and then lost without a word.
    """

    calls: list[Call] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)
    rings: list[Ring] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    meant: list[Meant] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    deaths_s: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class About:
    """Whom and what a message is about, by its own payload; empty for an answer to a text."""

    incident: str
    person: str
    purpose: str
    code: str
    link: str


def about(out: Outgoing) -> About:
    """What `out` says of itself."""
    body = out.payload.get("data")
    told = body if isinstance(body, dict) else {}
    return About(
        incident=str(told.get("incident", "")),
        person=str(told.get("person", "")),
        purpose=str(out.payload.get("type", "")).rpartition(".")[2],
        code=str(told.get("code", "")),
        link=str(told.get("link", "")),
    )
