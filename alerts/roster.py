"""Who answers for which homes, and how to reach them; what the homes are called.

Areas and places are paths of codes, compared segment by segment: `s01/b1` is no parent of
`s01/b10`. Names and numbers are personal data and never leave the gateway's side.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from alerts.naming import PlainName
from alerts.pace import DigestTime, Habits, Quiet
from alerts.plan import SMS, WEBHOOK, ChannelName, Estate, Role, Skill
from alerts.shift import Instead, Leave, Pattern, Shift, doubled, overlaps
from edge.settings import DurationS, Settings

Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
"""A spoken language by its ISO code: zh, yue, wuu, nan, hak, en."""
Login = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}$")]
"""The name of an account at the console."""
Path = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}(?:/[a-z0-9][a-z0-9_-]{0,31}){0,3}$")
]
"""A place by its codes: site, building, unit, device."""


def covers(area: str, subject: str) -> bool:
    """Whether `subject` is `area` or lies within it."""
    segments = area.split("/")
    return subject.split("/")[: len(segments)] == segments


class Person(Settings):
    """One person and their addresses; `lang` is the language they are written to in.

    `reach` holds addresses on the other channels, by channel, the preferred one first. `home` is
    the place from which they set out, `capacity` how many open incidents they can carry before
    others go first. Without a `shift` they are always on duty. During `quiet` hours only urgent
    messages reach them; general ones come at `digest_at`. `logins` are the console accounts by
    which the same person signs in.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    name: PlainName = Field(min_length=1, max_length=40)
    roles: tuple[Role, ...] = Field(min_length=1)
    areas: tuple[Path, ...] = Field(min_length=1)
    lang: Literal["zh", "en"] = "zh"
    sms: str | None = Field(default=None, pattern=r"^\+?[0-9]{5,15}$")
    webhook: str | None = Field(default=None, pattern=r"^https?://\S+$", max_length=500)
    reach: dict[ChannelName, Annotated[str, Field(min_length=1, max_length=500)]] = Field(
        default_factory=dict, max_length=16
    )
    skills: tuple[Skill, ...] = Field(default=(), max_length=32)
    languages: tuple[Language, ...] = Field(default=(), max_length=16)
    home: Path | None = None
    capacity: int = Field(default=5, ge=1, le=100)
    shift: tuple[Shift, ...] = Field(default=(), max_length=28)
    instead: tuple[Instead, ...] = Field(default=(), max_length=400)
    leave: tuple[Leave, ...] = Field(default=(), max_length=100)
    quiet: Quiet | None = None
    digest_at: DigestTime | None = None
    logins: tuple[Login, ...] = Field(default=(), max_length=8)

    @field_validator("shift")
    @classmethod
    def _shifts_are_apart(cls, shifts: tuple[Shift, ...]) -> tuple[Shift, ...]:
        if twice := overlaps(shifts):
            raise ValueError("; ".join(twice))
        return shifts

    @field_validator("instead")
    @classmethod
    def _dates_are_clear(cls, dates: tuple[Instead, ...]) -> tuple[Instead, ...]:
        times = Counter(each.date for each in dates)
        problems = [f"{day} stands there twice" for day, count in times.items() if count > 1]
        problems += [f"{each.date}: {why}" for each in dates for why in doubled(each.hours)]
        if problems:
            raise ValueError("; ".join(problems))
        return dates

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if not self.channels:
            raise ValueError("has neither sms nor webhook nor reach: nobody can reach this person")
        if twice := sorted({SMS, WEBHOOK} & set(self.reach)):
            raise ValueError(f"write {twice[0]} beside reach, not in it")
        return self

    @property
    def channels(self) -> tuple[ChannelName, ...]:
        """The channels that this person has an address on, in falling order of preference."""
        return tuple(self._addresses())

    @property
    def pattern(self) -> Pattern:
        """When this person is on duty."""
        return Pattern(self.shift, self.instead, self.leave)

    @property
    def habits(self) -> Habits:
        """When this person wants to be told what."""
        return Habits(self.quiet, self.digest_at, self.pattern)

    def address(self, channel: ChannelName) -> str | None:
        """Where `channel` finds this person; None if it does not."""
        return self._addresses().get(channel)

    def _addresses(self) -> dict[ChannelName, str]:
        own = {SMS: self.sms, WEBHOOK: self.webhook}
        return {name: address for name, address in own.items() if address} | self.reach


class Roster(Settings):
    """Everybody who may be told, in the order in which they are.

    `hand_over_s` is how long after the end of a duty its open incidents may wait for an answer.
    """

    version: int = Field(ge=1)
    hand_over_s: DurationS = Field(default=900.0, alias="hand_over", ge=60, le=43_200)
    person: tuple[Person, ...] = Field(max_length=10_000)

    @field_validator("person")
    @classmethod
    def _ids_are_unique(cls, people: tuple[Person, ...]) -> tuple[Person, ...]:
        ids = [person.id for person in people]
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"person id used twice: {', '.join(twice)}")
        logins = [login for person in people for login in person.logins]
        if twice := sorted({name for name in logins if logins.count(name) > 1}):
            raise ValueError(f"login used twice: {', '.join(twice)}")
        if borrowed := sorted(set(logins) & set(ids) - {p.id for p in people if p.id in p.logins}):
            raise ValueError(f"somebody else's id as a login: {', '.join(borrowed)}")
        return people

    def get(self, person_id: str) -> Person | None:
        """The person of that id, or None if they have left."""
        return next((person for person in self.person if person.id == person_id), None)

    def who(self, by: str) -> str:
        """The id of the person who acts as `by`, their id or a login; `by` where nobody's it is."""
        return next((person.id for person in self.person if by in person.logins), by)

    def same_person(self, one: str, other: str) -> bool:
        """Whether who acts as `one` and as `other` is one person: what one began, none ends alone.

        The same name is always the same person. Two logins that the roster gives to nobody are
        two people: nothing says that they are one, so name in `logins` whoever has several.
        """
        return self.who(one) == self.who(other)


def recipients(roster: Roster, roles: tuple[Role, ...], subject: str) -> tuple[Person, ...]:
    """Everybody with one of `roles` for an area that covers `subject`; may be nobody."""
    return tuple(
        person
        for person in roster.person
        if set(roles) & set(person.roles) and any(covers(area, subject) for area in person.areas)
    )


Metres = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


class Label(Settings):
    """What people call a place: short enough to stand whole in a text message.

    `at_m` is where it is, in metres east and north of any fixed point of the site;
    `languages` are those spoken there, the preferred one first.
    """

    zh: PlainName = Field(min_length=1, max_length=24)
    en: PlainName = Field(min_length=1, max_length=24)
    at_m: tuple[Metres, Metres] | None = None
    languages: tuple[Language, ...] = Field(default=(), max_length=8)


class Places(Settings):
    """Labels of buildings and homes, and where a property company looks after them, by path."""

    version: int = Field(ge=1)
    place: dict[str, Label] = Field(default_factory=dict, max_length=100_000)
    estate: dict[str, Estate] = Field(default_factory=dict, max_length=10_000)

    def label(self, subject: str, lang: Literal["zh", "en"]) -> str:
        """The label of the nearest labelled place, with the codes below it; never empty."""
        segments = subject.split("/")
        for depth, label in self._upwards(subject):
            return " ".join([getattr(label, lang), *segments[depth:]])
        return subject

    def at_m(self, subject: str) -> tuple[float, float] | None:
        """Where the nearest place around `subject` is whose position is known."""
        return next((label.at_m for _, label in self._upwards(subject) if label.at_m), None)

    def languages(self, subject: str) -> tuple[Language, ...]:
        """What is spoken there, by the nearest place that says so; may be nothing."""
        told = (label.languages for _, label in self._upwards(subject) if label.languages)
        return next(told, ())

    def _upwards(self, subject: str) -> Iterator[tuple[int, Label]]:
        """The labelled places around `subject` and their depth, the nearest first."""
        segments = subject.split("/")
        for depth in range(len(segments), 0, -1):
            if label := self.place.get("/".join(segments[:depth])):
                yield depth, label

    def estate_of(self, subject: str) -> Estate | None:
        """What the nearest place around `subject` says; None when nothing is said."""
        segments = subject.split("/")
        paths = ("/".join(segments[:depth]) for depth in range(len(segments), 0, -1))
        return next((self.estate[path] for path in paths if path in self.estate), None)
