"""The alert engine in worlds that fail; the same oracle finds an engine that was broken."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from msgspec import structs

from alerts import escalate
from alerts.channels.base import Outcome
from alerts.incident import Incident
from alerts.outbox import DeliveryState
from edge.reading import SECOND_NS
from gateway import delivery, dispatcher
from gateway.db import codes, edges
from gateway.work import Work
from simulators.trial.oracle import FAULTS, judge, tally
from simulators.trial.play import act_out, play

TRIALS = 60
_TOGETHER = 6
_SEEDS_MAX = 40
"""A broken engine is found within so many trials, or the trials are worth little."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trials")


@pytest.mark.parametrize("first", range(1, TRIALS + 1, _TOGETHER))
def test_nothing_is_lost_mistaken_or_told_twice_whatever_fails(first: int, folder: Path) -> None:
    judged = [play(seed, folder) for seed in range(first, first + _TOGETHER)]
    faults = [f"{first + n}: {fault}" for n, each in enumerate(judged) for fault in each.faults]
    assert faults == [], "repeat: shouwang sim alerts --runs 1 -v --seed, and the number"
    assert sum(each.deaths for each in judged) > _TOGETHER
    assert set(tally(judged)) == set(FAULTS)


def test_equal_seeds_play_equal_trials(folder: Path) -> None:
    first, again = act_out(3, folder), act_out(3, folder)
    assert first == again
    assert judge(*first).calls > 0


def without_timers(patch: pytest.MonkeyPatch) -> None:
    scheduled = escalate._scheduled

    def forgetful(*args: Any, **named: Any) -> Incident:
        return structs.replace(scheduled(*args, **named), next_due_ns=None)

    patch.setattr(escalate, "_scheduled", forgetful)


def without_lease(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(dispatcher, "LEASE_NS", SECOND_NS // 20)


def believing_every_answer(patch: pytest.MonkeyPatch) -> None:
    believed = {**delivery._STATES, Outcome.TEMPORARY: DeliveryState.ACCEPTED}
    patch.setattr(delivery, "_STATES", MappingProxyType(believed))


def without_cancel(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Work, "cancel", lambda *_: None)


def without_retry(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(delivery, "_again_ns", lambda *_: None)
    patch.setattr(delivery, "_fall_back", lambda *_, **__: None)


def guessing_codes(patch: pytest.MonkeyPatch) -> None:
    def newest(connection: Any, phone: str, _code: str) -> Any:
        return next(iter(reversed(codes.spoken_of(connection, phone, 0, 100))), None)

    patch.setattr(codes, "meant", newest)


def guessing_without_a_code(patch: pytest.MonkeyPatch) -> None:
    spoken_of = codes.spoken_of

    def one(connection: Any, phone: str, since_ns: int, **_: int) -> Any:
        return spoken_of(connection, phone, since_ns, 1)

    patch.setattr(codes, "spoken_of", one)


def acking_ahead(patch: pytest.MonkeyPatch) -> None:
    moved = edges.move_cursor

    def ahead(*args: Any) -> int:
        return moved(*args) + 3

    patch.setattr(edges, "move_cursor", ahead)


MISTAKES: Mapping[Callable[[pytest.MonkeyPatch], None], str] = MappingProxyType(
    {
        without_timers: "lost",
        acking_ahead: "lost",
        without_retry: "lost",
        without_lease: "duplicates_outside",
        believing_every_answer: "false_success",
        without_cancel: "after_ack",
        guessing_codes: "wrong_ack",
        guessing_without_a_code: "wrong_ack",
    }
)


@pytest.mark.parametrize(
    ("mistake", "fault"),
    [pytest.param(do, fault, id=do.__name__) for do, fault in MISTAKES.items()],
)
def test_a_broken_engine_is_found_out(
    mistake: Callable[[pytest.MonkeyPatch], None],
    fault: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mistake(monkeypatch)
    trials = map(partial(play, folder=folder), range(1, _SEEDS_MAX + 1))
    assert any(each.count(fault) for each in trials), f"no trial shows {fault}"
