"""What befalls one trial, drawn from its seed before it begins.

Pure: the oracle judges by the script alone, so nothing of it may depend on what the engine does.
Faults end at `HEAL_S`; then everything works, and at `END_S` every promise must have been kept.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from edge.reading import FindingState
from simulators.trial.cast import KINDS, NUMBERS

FINDINGS = 10
RAISED_BY_S = 1_200.0
HEAL_S = 2_400.0
END_S = 9_600.0
CHANNELS = ("sms", "webhook")
POINTS = ("intake", "commit", "claim", "send", "mark")
_DEATHS_MAX = 4
_STATEMENTS_MAX = 600
_HITS_MAX = 25
_JUMP_S = (-3_600.0, 3_600.0)


@dataclass(frozen=True, slots=True)
class Statement:
    """One word of the edge about one condition; `revision` counts them."""

    at_s: float
    subject: int
    revision: int
    state: FindingState


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: what it is, and every word about it in the order of their times."""

    subject: int
    kind: int
    statements: tuple[Statement, ...]

    @property
    def raised_s(self) -> float:
        """When it was first told of."""
        return self.statements[0].at_s

    @property
    def cleared_s(self) -> float | None:
        """When it ended for good; None while it holds at the end."""
        last = self.statements[-1]
        return last.at_s if last.state is FindingState.CLEARED else None

    @property
    def returned_s(self) -> float | None:
        """When it last came back after it had ended; None if it never did."""
        back = [
            later.at_s
            for before, later in zip(self.statements, self.statements[1:], strict=False)
            if before.state is FindingState.CLEARED and later.state is not FindingState.CLEARED
        ]
        return back[-1] if back else None


class By(StrEnum):
    """What ends a life of the gateway."""

    POINT = "point"  # the n-th hit of a failpoint
    STATEMENT = "statement"  # the n-th statement to the database, whatever transaction it is in
    TIME = "time"  # so many seconds


@dataclass(frozen=True, slots=True)
class Death:
    """A life ends by `by`: at the `nth` hit of `point`, or statement, or second.

    The next one begins `absence_s` later.
    """

    by: By
    point: str
    nth: int
    absence_s: float


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, in seconds from the start."""

    from_s: float
    to_s: float

    def holds(self, at_s: float) -> bool:
        """Whether `at_s` lies in it."""
        return self.from_s <= at_s < self.to_s


@dataclass(frozen=True, slots=True)
class Ills:
    """Chances, 0 to 1, of what may happen to one call, one text or one receipt."""

    refused: float
    lost: float
    hung: float
    broken: float
    undelivered: float
    unreported: float
    repeated: float


@dataclass(frozen=True, slots=True)
class Script:
    """One trial: its conditions and everything that goes wrong.

    `dead` are (person, channel) that never take anything. `steps` are (second, seconds by which
    the wall clock jumps). `link_life_s`, `delay_s`, `duplicate` and `reject` are the broker's.
    """

    seed: int
    conditions: tuple[Condition, ...]
    deaths: tuple[Death, ...]
    outages: dict[str, tuple[Window, ...]]
    busy: tuple[Window, ...]
    steps: tuple[tuple[float, float], ...]
    dead: frozenset[tuple[str, str]]
    ills: Ills
    link_life_s: float
    delay_s: float
    duplicate: float
    reject: float

    def statements(self) -> list[Statement]:
        """All that the edge says, in order; some of it twice."""
        return sorted(
            (said for each in self.conditions for said in each.statements),
            key=lambda said: (said.at_s, said.subject, said.revision),
        )

    @property
    def lost_people(self) -> frozenset[str]:
        """Those whom nothing reaches."""
        gone = {who for who in NUMBERS if all((who, channel) in self.dead for channel in CHANNELS)}
        return frozenset(gone)

    def is_out(self, channel: str, at_s: float) -> bool:
        """Whether the provider of `channel` answers nobody at that time."""
        return any(window.holds(at_s) for window in self.outages[channel])

    def is_busy(self, at_s: float) -> bool:
        """Whether the database takes nothing at that time."""
        return any(window.holds(at_s) for window in self.busy)


def script(seed: int) -> Script:
    """The script of `seed`."""
    rng = random.Random(f"trial {seed}")

    def some(share: float, low: float, high: float) -> float:
        return rng.uniform(low, high) if rng.random() < share else 0.0

    return Script(
        seed=seed,
        conditions=tuple(_condition(rng, subject) for subject in range(FINDINGS)),
        deaths=tuple(_death(rng) for _ in range(rng.randint(1, _DEATHS_MAX))),
        outages={channel: tuple(_windows(rng, 2, 1_200.0)) for channel in CHANNELS},
        busy=tuple(_windows(rng, 3, 20.0)),
        steps=tuple(_steps(rng)),
        dead=_dead(rng),
        ills=Ills(
            refused=some(0.6, 0.0, 0.3),
            lost=some(0.6, 0.0, 0.3),
            hung=some(0.4, 0.0, 0.2),
            broken=some(0.3, 0.0, 0.1),
            undelivered=some(0.5, 0.0, 0.3),
            unreported=some(0.6, 0.0, 0.5),
            repeated=some(0.6, 0.0, 0.5),
        ),
        link_life_s=some(0.5, 60.0, 900.0),
        delay_s=some(0.5, 0.1, 20.0),
        duplicate=some(0.5, 0.0, 0.3),
        reject=some(0.5, 0.0, 0.3),
    )


def _condition(rng: random.Random, subject: int) -> Condition:
    kind = rng.choices(range(len(KINDS)), weights=(5, 3, 2, 2))[0]
    at_s = rng.uniform(0, RAISED_BY_S)
    words = [(at_s, FindingState.RAISED)]
    course = rng.choice(("stays", "stays", "grows", "blips", "ends", "returns", "flaps"))
    if course == "grows":
        words += [(at_s + rng.uniform(1, 600), FindingState.UPDATED) for _ in range(2)]
    if course in {"blips", "ends", "returns", "flaps"}:
        at_s += rng.uniform(1, 30) if course == "blips" else rng.uniform(1, 1_800)
        words.append((at_s, FindingState.CLEARED))
    for _ in range({"returns": 1, "flaps": 3}.get(course, 0)):
        words.append((words[-1][0] + rng.uniform(5, 300), FindingState.UPDATED))
        words.append((words[-1][0] + rng.uniform(5, 300), FindingState.CLEARED))
    if course in {"returns", "flaps"} and rng.random() < 1 / 2:
        words.pop()  # it came back to stay
    told = [
        Statement(when_s, subject, revision, state)
        for revision, (when_s, state) in enumerate(sorted(words, key=lambda word: word[0]))
    ]
    return Condition(subject, kind, tuple(told))


def _death(rng: random.Random) -> Death:
    absence_s = rng.uniform(0, 60)
    by = rng.choice((By.POINT, By.POINT, By.STATEMENT, By.TIME))
    nth = {
        By.POINT: rng.randint(1, _HITS_MAX),
        By.STATEMENT: rng.randint(1, _STATEMENTS_MAX),
        By.TIME: rng.randint(1, int(HEAL_S / 2)),
    }[by]
    return Death(by, rng.choice(POINTS), nth, absence_s)


def _windows(rng: random.Random, most: int, length_s: float) -> Iterator[Window]:
    for _ in range(rng.randint(0, most)):
        from_s = rng.uniform(0, HEAL_S - length_s)
        yield Window(from_s, from_s + rng.uniform(0, length_s))


def _steps(rng: random.Random) -> Iterator[tuple[float, float]]:
    for _ in range(rng.choice((0, 0, 1, 2))):
        yield rng.uniform(0, HEAL_S), rng.uniform(*_JUMP_S)


def _dead(rng: random.Random) -> frozenset[tuple[str, str]]:
    """Everybody has one way that works, but for the worker, who may be out of reach."""
    dead = {(who, rng.choice(CHANNELS)) for who in NUMBERS if rng.random() < 1 / 6}
    if rng.random() < 1 / 6:
        dead |= {("wang", channel) for channel in CHANNELS}
    return frozenset(dead)
