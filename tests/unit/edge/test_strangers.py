"""A vendor's gateway that speaks for a thousand devices of which nobody has registered any."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import profiles, redaction
from edge.fold import Fold
from edge.health import Health
from edge.journal import Journal, JournalSettings, open_journal
from edge.pipeline import Pipeline
from edge.reading import SECOND_NS
from edge.seen import STRANGERS_MAX
from edge.session import Delivery
from edge.vendors import Vendors
from tests.unit.edge.worlds import METER, UNIT, registry

NOW_NS = 1_788_390_574 * SECOND_NS
TOPIC = "v1/gateway/telemetry"
STRANGERS = 999  # and one of ours: a message speaks for a thousand at most


def said(first: int) -> bytes:
    """A message of our meter, between strangers numbered from `first`."""
    names = [f"d{number:06}" for number in range(first, first + STRANGERS)]
    names.insert(STRANGERS // 2, "Meter 7")
    values = [{"ts": NOW_NS // 1_000_000, "values": {"temperature": first / 10}}]
    return json.dumps(dict.fromkeys(names, values)).encode()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    place = JournalSettings(path=tmp_path / "journal.db")
    journal = open_journal(place, fresh_epoch="e", now_ns=NOW_NS, health=Health())
    yield journal
    journal.close()


@pytest.fixture
def fold(journal: Journal) -> Fold:
    book = registry((UNIT,), (METER | {"vendor": "thingsboard:Meter 7"},))
    spoken = [each for each in profiles.profiles() if each.name == "thingsboard"]
    return Fold(journal, Pipeline(book, None, Vendors(book, spoken)), Health())


def test_a_message_of_a_thousand_strangers_is_gone_through_and_kept_once(
    fold: Fold, journal: Journal
) -> None:
    redaction.redacted.cache_clear()
    for number in range(3):
        came_ns = NOW_NS + number * SECOND_NS
        delivery = Delivery(TOPIC, said(number * STRANGERS), False, came_ns, number + 1, 1)  # noqa: FBT003  (not retained)
        taken = fold.take([delivery], lambda _: None)
        assert [message.device for message in taken.messages] == ["wm-1"]
        assert len(taken.letters) == STRANGERS
    assert redaction.redacted.cache_info().misses == 3
    ((letters, kept_bytes),) = journal.read(
        "SELECT count(*), sum(length(payload)) FROM dead_letter", ()
    )
    assert letters == 3 * STRANGERS
    assert kept_bytes <= 3 * 4_096
    assert len(fold.seen.strangers()) == STRANGERS_MAX
    assert fold.seen.take_dropped() == 3 * STRANGERS - STRANGERS_MAX
