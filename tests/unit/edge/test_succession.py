"""One registry after another, in one pipeline: what goes on, what ends, what stays apart."""

from array import array
from typing import Any

import msgspec
import pytest

from edge.checkpoint import CheckpointError, decode, encode
from edge.entry import Admitted, Entry, Link, Message, Provisioned, Tick
from edge.pipeline import Pipeline
from edge.reading import HOUR_NS, MINUTE_NS, Finding, FindingState
from edge.registry import Registry
from edge.succession import read_registry_bytes
from tests.unit.edge.worlds import at, litres

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
TOPIC = "sw/1/s01/b01/u01/water/wm-1/obs"


def table(*devices: dict[str, Any], care: tuple[str, ...] = ("alone",)) -> bytes:
    units = [{"code": code, "building": "b01", "care": list(care)} for code in ("u01", "u02")]
    return msgspec.json.encode(
        {"version": 1, "site": "s01", "unit": units, "device": list(devices)}
    )


def row(unit: str = "u01", device: str = "wm-1", **keys: Any) -> dict[str, Any]:
    return {"id": device, "kind": "water", "unit": unit, "interval": "1 h", **keys}


def iso(hour: float) -> str:
    from datetime import UTC, datetime  # noqa: PLC0415  (used here alone)

    return datetime.fromtimestamp(at(hour) / 1e9, UTC).isoformat()


HANGS = table(row())
MOVED = table(row(to=iso(20)), row("u02", **{"from": iso(20)}))
ENDED = table(row(to=iso(20)))


class Site:
    """A pipeline under one registry, its link up."""

    def __init__(self, before: bytes = HANGS) -> None:
        self.pipeline = Pipeline(read_registry_bytes(before))
        self.log: list[Entry] = []
        self.said: list[Finding] = []
        self.seq = 0
        self.step(Link(True, at(0)))  # noqa: FBT003  (the field's name is in its record)

    def step(self, entry: Entry) -> list[Finding]:
        self.log.append(entry)
        found = list(self.pipeline.step(entry))
        self.said += found
        return found

    def hear(self, hour: float, register_l: float, received: float | None = None) -> list[Finding]:
        self.seq += 1
        reading = litres(hour, register_l)
        if received is not None:
            reading = msgspec.structs.replace(reading, received_ns=at(received))
        digest = self.seq.to_bytes(8, "big")
        return self.step(Admitted((Message("wm-1", 0, self.seq, digest, (reading,)),)))

    def change(self, hour: float, after: bytes, version: int = 2) -> list[Finding]:
        return self.step(Provisioned(version, at(hour), table=after))

    def meters(self) -> dict[str, Any]:
        return {key.split()[0]: m for key, m in decode(self.pipeline.dump()).meters.items()}


def silent() -> Site:
    """The meter was heard for six hours, and its silence has been raised."""
    site = Site()
    for hour in range(6):
        site.hear(hour, 100 + 20 * hour)
    (raised,) = site.step(Tick(at(12)))
    assert (raised.rule, raised.state) == ("device_silent", RAISED)
    return site


@pytest.mark.parametrize("after", [ENDED, table(), MOVED], ids=["retired", "forgotten", "moved"])
def test_a_silence_about_a_device_that_is_gone_ends_and_says_why(after: bytes) -> None:
    site = silent()
    (raised,) = site.said
    (ended,) = site.change(21, after)
    assert (ended.id, ended.revision, ended.state) == (raised.id, 1, CLEARED)
    assert ended.evidence.seen == {"reason": "removed"}
    assert ended.evidence.sentence_zh
    assert ended.evidence.sentence_en


def test_a_silence_about_a_device_that_stays_goes_on() -> None:
    site = silent()
    assert site.change(21, table(row(), row(device="wm-2"))) == []
    (ended,) = site.hear(22, 300)
    assert (ended.state, ended.revision) == (CLEARED, 1)


def test_a_device_that_is_silent_in_its_new_home_too_is_raised_there_under_a_new_id() -> None:
    site = silent()
    site.change(21, MOVED)
    (again,) = site.step(Tick(at(40)))
    assert again.subject == "s01/b01/u02/wm-1"
    assert again.id != site.said[0].id


def stopped() -> Site:
    """No water was used for long enough to raise it."""
    site = Site()
    for hour in range(3):
        site.hear(hour, 100 + 20 * hour)
    for hour in range(3, 18):
        site.hear(hour, 140)
    assert [f.rule for f in site.said] == ["welfare"]
    return site


def test_a_person_s_finding_outlives_the_meter() -> None:
    assert stopped().change(21, ENDED) == []


def test_a_person_s_finding_ends_when_nobody_watches_the_home_any_more() -> None:
    site = stopped()
    (ended,) = site.change(21, table(row(), care=()))
    assert (ended.rule, ended.state, ended.id) == ("welfare", CLEARED, site.said[0].id)


def routine(**keys: Any) -> bytes:
    """A home that is judged by its own routine."""
    found = msgspec.json.decode(table(row()))
    found["unit"][0] |= {"routine": {}, **keys}
    return msgspec.json.encode(found)


def raised_at(site: Site, until: int) -> int | None:
    """The hour at which a home that has stood still from hour 3 on is raised."""
    for hour in range(until):
        if any(f.rule == "routine" for f in site.hear(hour, 100 + 20 * min(hour, 3))):
            return hour
    return None


def test_an_absence_that_is_declared_while_it_is_quiet_holds_at_once() -> None:
    """Until the resident should be back, and not a day of silence longer than usual after it."""
    alone = raised_at(Site(routine()), 72)
    assert alone is not None
    assert alone < 72
    away = Site(routine())
    away.change(0, routine(away=[{"from": iso(2), "to": iso(96)}]))
    assert raised_at(away, 96) is None
    told = [hour for hour in range(96, 160) if away.hear(hour, 160)]
    assert told
    assert 96 + 6 <= told[0] <= 96 + alone + 24


def test_a_finding_that_ended_with_its_watch_is_not_raised_again_under_its_id() -> None:
    site = stopped()
    site.change(18.1, table(row(), care=()))
    site.change(18.2, HANGS, version=3)
    again = [found for hour in (19, 20) for found in site.hear(hour, 140)]
    assert all(found.id != site.said[0].id or found.revision > 1 for found in again)


def numbers(packed: bytes) -> list[int]:
    return list(array("q", packed))


def test_what_was_read_before_a_move_and_comes_after_it_stays_with_the_old_home() -> None:
    site = Site()
    site.hear(18, 100)
    site.change(20.1, MOVED)
    site.hear(19.9, 200, received=20.5)
    site.hear(20.2, 300)
    homes = site.meters()
    assert numbers(homes["u01"].volumes_ml) == [100_000, 200_000]
    assert numbers(homes["u02"].volumes_ml) == [300_000]
    assert numbers(homes["u02"].times_ns) == [at(20.2)]


def test_a_meter_keeps_what_it_knows_over_a_change() -> None:
    site = Site()
    for hour in range(4):
        site.hear(hour, 100 + hour)
    before = site.meters()["u01"]
    site.change(4, table(row(), row(device="wm-2", unit="u02")))
    assert site.meters()["u01"] == before


def test_a_new_device_is_listened_to_from_the_change_on() -> None:
    site = Site(table())
    site.change(5, HANGS)
    assert site.step(Tick(at(5) + 3 * HOUR_NS)) == []
    (raised,) = site.step(Tick(at(5) + 3 * HOUR_NS + 11 * MINUTE_NS))
    assert raised.subject.endswith("/wm-1")


def test_no_silence_counts_while_the_link_is_down_at_the_change() -> None:
    site = Site(table())
    site.step(Link(up=False, at_ns=at(4)))
    site.change(5, HANGS)
    assert site.step(Tick(at(30))) == []


def test_the_gate_goes_by_the_new_registry_at_once() -> None:
    site = Site(table())
    payload = (
        b'{"v":1,"dev":"wm-1","seq":1,"t":1767225600,"e":[{"n":"water.total","u":"m3","v":1.0}]}'
    )
    (refused,) = site.pipeline.gate.admit(TOPIC, payload, at(1)).rejections
    assert refused.stranger == "wm-1"
    site.change(1, HANGS)
    assert site.pipeline.gate.admit(TOPIC, payload, at(1)).readings


def test_replay_over_a_change_makes_the_same_findings_with_the_same_ids() -> None:
    site = silent()
    site.change(21, MOVED)
    site.step(Tick(at(40)))
    again = Pipeline(read_registry_bytes(HANGS))
    assert [found for entry in site.log for found in again.step(entry)] == site.said
    assert again.dump() == site.pipeline.dump()


def test_a_checkpoint_brings_back_the_registry_it_was_made_under() -> None:
    site = silent()
    site.change(21, MOVED)
    later = Pipeline(read_registry_bytes(table()))
    later.restore(site.pipeline.dump())
    assert (later.registry_version, later.registry.devices()) == (2, ("wm-1",))
    assert later.step(Tick(at(40))) == site.pipeline.step(Tick(at(40)))


def test_the_file_s_registry_comes_back_as_version_zero() -> None:
    site = Site(HANGS)
    site.change(1, table())
    site.change(2, b"", version=0)
    assert site.pipeline.registry.devices() == ("wm-1",)


def test_a_registry_that_this_program_cannot_read_leaves_the_one_that_holds() -> None:
    site = Site()
    assert site.change(1, b'{"version": 9, "site": "s01"}') == []
    assert site.pipeline.registry.knows("wm-1")
    assert site.pipeline.counters()["registries_unusable"] == 1


def test_a_checkpoint_under_such_a_registry_is_none() -> None:
    saved = decode(Site().pipeline.dump())
    saved.registry = (3, b'{"version": 9, "site": "s01"}')
    with pytest.raises(CheckpointError, match="cannot be used"):
        Pipeline(Registry("s01", (), ())).restore(encode(saved))
