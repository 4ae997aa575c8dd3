"""What outcomes moved fades by an entry of the journal, which the shell writes when it is due."""

import asyncio
from pathlib import Path

from edge.edge_settings import EdgeSettings
from edge.entry import Labelled, Retuned
from edge.fold import Fold
from edge.health import Health
from edge.journal import Journal, open_journal
from edge.labels import Label
from edge.pipeline import Pipeline
from edge.pipeline_settings import PipelineSettings
from edge.places import FADE_NS, STEP
from edge.reading import DAY_NS
from edge.ruling import Ruling
from tests.unit.edge.worlds import START_NS, registry

PAIR = "leak_slow s01/b01/u01"


class Hands:
    """A clock whose hands are set by the test."""

    at_ns = START_NS
    speed = 1.0

    def now_ns(self) -> int:
        return self.at_ns

    def monotonic_ns(self) -> int:
        return self.at_ns


def label(seq: int, by: str) -> Label:
    return Label(seq, f"f{seq}", "leak_slow", "s01/b01/u01", "false_alarm", "", START_NS, by)


def moved(folder: Path) -> tuple[Journal, Fold, Ruling, Hands]:
    """An edge at which three outcomes on three days have moved a rule."""
    settings = EdgeSettings.model_validate(
        {
            "edge": "e01", "site": "s01", "registry": folder / "registry.toml",
            "journal": {"path": folder / "journal.db"}, "pipeline": {"tuned": ["leak_slow"]},
        }
    )  # fmt: skip
    health, clock = Health(), Hands()
    journal = open_journal(settings.journal, fresh_epoch="one", now_ns=1, health=health)
    fold = Fold(journal, Pipeline(registry(), settings.pipeline), health)
    for day, by in enumerate(("an", "bo", "an")):
        fold.link(START_NS + day * DAY_NS, up=True)
        fold.learn(Labelled("one", (label(day + 1, by),)))
    ruling = Ruling(settings, fold, lambda: None, clock=clock, health=health)
    return journal, fold, ruling, clock


def test_a_step_fades_after_a_month_and_not_before(tmp_path: Path) -> None:
    journal, fold, ruling, clock = moved(tmp_path)
    fades_ns = START_NS + 2 * DAY_NS + FADE_NS
    for clock.at_ns, scales in ((fades_ns - 1, {PAIR: STEP}), (fades_ns, {})):
        asyncio.run(ruling.look())
        assert fold.places.scales() == scales
    (last,) = [each.entry for each in journal.replay_from(0) if isinstance(each.entry, Retuned)]
    assert last == Retuned(fades_ns, {})
    journal.close()


def test_a_restart_after_it_has_faded_has_forgotten_it_too(tmp_path: Path) -> None:
    journal, _, ruling, clock = moved(tmp_path)
    clock.at_ns = START_NS + 2 * DAY_NS + FADE_NS
    asyncio.run(ruling.look())
    again = Fold(journal, Pipeline(registry(), PipelineSettings(tuned=("leak_slow",))), Health())
    again.recover()
    assert again.places.scales() == {}
    journal.close()
