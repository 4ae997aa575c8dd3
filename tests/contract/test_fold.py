"""What is found in a backlog is recorded with the next commit, and never lost or told twice."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from edge import wire
from edge.fold import Fold
from edge.health import Health
from edge.journal import PIPELINE, Journal, JournalSettings, open_journal
from edge.outbox import Outbox
from edge.pipeline import Pipeline
from edge.reading import HOUR_NS, SECOND_NS, Finding
from edge.session import Delivery
from tests.property.edge_world import REGISTRY, START_S, TOPIC, message

START_NS = START_S * SECOND_NS


def still(first_h: int, last_h: int) -> list[Delivery]:
    """A register that stands still, hour by hour."""
    return [
        Delivery(
            TOPIC,
            wire.encode(message(hour + 1, [(hour * 3_600, 100)])),
            retain=False,
            received_ns=START_NS + hour * HOUR_NS + SECOND_NS,
            mid=hour + 1,
            link=1,
        )
        for hour in range(first_h, last_h)
    ]


class Edge:
    """A fold over the journal in a folder; opened anew, it recovers."""

    def __init__(self, folder: Path) -> None:
        settings = JournalSettings(path=folder / "journal.db")
        self.journal: Journal = open_journal(
            settings, fresh_epoch="e", now_ns=START_NS, health=Health()
        )
        self.health = Health()
        self.fold = Fold(self.journal, Pipeline(REGISTRY), self.health)
        self.fold.recover()

    def take(self, deliveries: Sequence[Delivery], *, more: bool) -> None:
        self.fold.take(deliveries, lambda _: None, more=more)

    def recorded(self) -> list[Finding]:
        return [owed.finding for owed in Outbox(self.journal, forwarded=False).unacked(10)]


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    made = Edge(tmp_path)
    made.fold.link(START_NS, up=True)
    yield made
    made.journal.close()


@pytest.fixture
def expected(tmp_path: Path) -> list[Finding]:
    """What the same messages lead to when every batch is recorded by itself."""
    folder = tmp_path / "expected"
    folder.mkdir()
    made = Edge(folder)
    made.fold.link(START_NS, up=True)
    made.take(still(0, 20), more=False)
    found = made.recorded()
    made.journal.close()
    assert found
    return found


def test_the_next_commit_records_what_was_found_before_it(
    edge: Edge, expected: list[Finding]
) -> None:
    edge.take(still(0, 20), more=True)
    assert edge.recorded() == []
    edge.take(still(20, 21), more=True)
    assert edge.recorded() == expected
    assert edge.journal.position(PIPELINE) == edge.journal.last - 1
    assert edge.health.counted("findings_made") == len(expected)


def test_copies_that_lead_to_no_commit_lose_nothing(edge: Edge, expected: list[Finding]) -> None:
    edge.take(still(0, 20), more=True)
    edge.take(still(0, 20), more=False)
    assert edge.recorded() == expected


@pytest.mark.parametrize(
    "act",
    [
        lambda fold: fold.link(START_NS + 21 * HOUR_NS, up=False),
        lambda fold: fold.tick(START_NS + 21 * HOUR_NS),
        Fold.checkpoint,
        Fold.settle_rest,
    ],
    ids=["link", "time", "checkpoint", "nothing more"],
)
def test_whatever_comes_instead_of_a_commit_records_it_first(
    edge: Edge, expected: list[Finding], act: Callable[[Fold], None]
) -> None:
    edge.take(still(0, 20), more=True)
    act(edge.fold)
    assert edge.recorded()[: len(expected)] == expected
    assert edge.journal.position(PIPELINE) == edge.journal.last


def test_a_crash_before_the_next_commit_finds_it_again(
    tmp_path: Path, edge: Edge, expected: list[Finding]
) -> None:
    edge.take(still(0, 20), more=True)
    edge.journal.close()
    again = Edge(tmp_path)
    assert again.recorded() == expected
    again.journal.close()
