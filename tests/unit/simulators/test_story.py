import random
import tomllib
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from alerts.roster import Places
from edge.reading import DAY_NS, HOUR_NS, SECOND_NS
from edge.registry import Registry
from edge.settings import parse
from edge.wire import Message
from simulators.estate import home, places_text, registry_text
from simulators.households import Sample, moment_ns
from simulators.meters import TimedMessage, duplicated, reordered
from simulators.story import Story, edit, merged, messages_of

START_NS = moment_ns("2016-06-03T12:00:00")
NOW_NS = moment_ns("2026-01-01T12:00:00")
SERIES = tuple(Sample(START_NS + hour * HOUR_NS, 500 + hour) for hour in range(-60, 60))
HOME = home("home-031")
STORY = Story(START_NS, NOW_NS, warmup_ns=2 * DAY_NS)


def tell(story: Story, limit: int = 1000) -> list[TimedMessage]:
    return list(islice(messages_of("home-031", HOME.meter, SERIES, story), limit))


def payload(message: TimedMessage) -> Message:
    return msgspec.json.decode(message.payload, type=Message)


def test_the_past_is_told_on_hist_its_last_day_hourly_and_the_present_on_obs() -> None:
    told = tell(STORY)
    past = [message for message in told if message.topic.endswith("/hist")]
    live = [message for message in told if message.topic.endswith("/obs")]
    assert told == past + live
    assert [len(payload(message).e) for message in past] == [12, 12, *[1] * 24]
    assert all(message.publish_ns <= NOW_NS for message in past)
    assert [message.publish_ns for message in live] == [
        NOW_NS + hour * HOUR_NS + 2 * SECOND_NS for hour in range(60)
    ]


def test_messages_are_numbered_without_a_hole_and_carry_the_register() -> None:
    told = [payload(message) for message in tell(STORY)]
    assert [message.seq for message in told] == list(range(1, 87))
    assert (told[-1].t, told[-1].e[0].v) == (NOW_NS / SECOND_NS + 59 * 3600, 0.559)


def test_edits_speak_the_time_of_the_files() -> None:
    name, cut = edit("cut-use", "home-031@2016-06-03T20:00")
    told = tell(Story(START_NS, NOW_NS, warmup_ns=0, edits={name: (cut,)}))
    assert [payload(message).e[0].v for message in told[6:10]] == [0.506, 0.507, 0.507, 0.507]


def test_an_edit_without_a_time_is_refused() -> None:
    with pytest.raises(ValueError, match="HOME@TIME"):
        edit("cut-use", "home-031")


def test_a_batched_home_goes_on_sending_its_days_together() -> None:
    told = tell(Story(START_NS, NOW_NS, warmup_ns=0, batched=frozenset({"home-031"})))
    assert [len(payload(message).e) for message in told] == [12, 24, 24]


def test_an_endless_story_never_falls_silent() -> None:
    told = tell(Story(START_NS, NOW_NS, warmup_ns=0, endless=True), limit=400)
    times = [message.publish_ns for message in told]
    assert len(told) == 400
    assert times == sorted(set(times))


@pytest.mark.parametrize(("name", "live"), [("cut-telemetry", set()), ("cut-use", {0.499})])
def test_what_was_cut_stays_cut_in_an_endless_story(name: str, live: set[float]) -> None:
    where, cut = edit(name, "home-031@2016-06-03T12:00")
    story = Story(START_NS, NOW_NS, 60 * HOUR_NS, edits={where: (cut,)}, endless=True)
    told = [m for m in tell(story, limit=400) if m.topic.endswith("/obs")]
    assert {payload(message).e[0].v for message in told} == live


def test_streams_merge_by_time_of_publication() -> None:
    streams = [messages_of(name, home(name).meter, SERIES, STORY) for name in ("home-1", "home-2")]
    times = [message.publish_ns for message in merged(streams)]
    assert len(times) == 172
    assert times == sorted(times)


def test_faults_of_the_wire_lose_nothing() -> None:
    told = tell(STORY)
    twice = duplicated(told, random.Random(1), chance=0.5, within_s=7200)
    mixed = reordered(told, random.Random(1), chance=0.5, within_s=7200)
    assert len(twice) > len(told)
    assert {message.payload for message in twice} == {message.payload for message in told}
    assert [message.payload for message in mixed] != [message.payload for message in told]
    assert sorted(message.payload for message in mixed) == sorted(m.payload for m in told)


def test_the_papers_of_an_estate_are_accepted_by_their_readers() -> None:
    homes = [HOME, home("home-002", alone=False)]
    registry = Registry.parse(tomllib.loads(registry_text("s01", homes)), Path("registry.toml"))
    assert [unit.care for unit in registry.units()] == [("alone",), ()]
    assert registry.unit_at("wm-031", NOW_NS) == "home-031"
    places = parse(tomllib.loads(places_text(homes)), Places, Path("places.toml"))
    assert places.label("s01/b01/home-031", "zh") == "1栋031室"
