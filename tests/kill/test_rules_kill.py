"""A promotion under a kill: what stood in the shadow is told, and told once."""

from pathlib import Path

import pytest

from edge import failpoint
from edge.entry import Ruled
from edge.fold import Fold
from edge.journal import Journal
from edge.mode import Mode
from edge.outbox import Outbox
from edge.reading import FindingState
from tests.kill.test_provisioning_kill import killed, raise_silence, start
from tests.unit.edge.worlds import at

SHOWN = Ruled(2, at(12), {"device_silent": Mode.LIVE})


def edge(folder: Path) -> tuple[Journal, Fold]:
    journal, fold, _ = start(folder)
    return journal, fold


def raise_in_the_shadow(folder: Path) -> None:
    """The journal holds a silence of which nobody was told."""
    journal, fold = edge(folder)
    fold.learn(Ruled(1, at(0), {"device_silent": Mode.SHADOW}))
    journal.close()
    raise_silence(folder)


def promote(folder: Path, kill_at: str) -> None:
    """What the edge does when it finds the act, up to the armed place."""
    _, fold = edge(folder)
    failpoint.arm(kill_at)
    fold.learn(SHOWN)


@pytest.mark.parametrize("point", ["edge.learn", "edge.detect"])
def test_an_edge_killed_in_a_promotion_tells_what_stands_once(point: str, tmp_path: Path) -> None:
    raise_in_the_shadow(tmp_path)
    killed(promote, tmp_path, f"{point}:1")
    journal, fold = edge(tmp_path)
    assert (fold.shadow.version, fold.shadow.modes) == (2, SHOWN.modes)
    told = Outbox(journal, forwarded=False).unacked(10)
    assert [(each.finding.rule, each.finding.state) for each in told] == [
        ("device_silent", FindingState.RAISED)
    ]
    assert journal.read("SELECT count(*) FROM shadow", ()) == [(1,)]
    journal.close()
