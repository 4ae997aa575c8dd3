"""The other streams of a home as witnesses: what each hour says, and what is made of it."""

from typing import Any

import pytest
from msgspec import msgpack, structs

from edge.entry import Admitted, Message
from edge.pipeline import Pipeline
from edge.quiet import Quiet
from edge.reading import Finding, FindingState, Kind, Quality, Reading
from edge.residents.belief import begun
from edge.residents.witness import weighed
from edge.settings import ConfigError
from edge.signs import nobody, readiness
from edge.signs.base import Sign, Source, sign_names, signs
from edge.signs.heed import STREAMS_MAX, heed, is_disbelieved, is_heeded, nobody_within
from edge.signs.hours import HoursState, take
from edge.signs.rises import STEPS, part_of, step_of, together
from edge.signs.stream import StreamState, follow
from tests.unit.edge.worlds import METER, UNIT, at, litres, reading, registry

DOOR = {"id": "door-1", "kind": "door", "unit": "u01"}
ELEC = {"id": "em-1", "kind": "elec", "unit": "u01"}
REGISTER, POWER = Source(1_000.0), Source(1.0, is_rate=True)


def kwh(hour: float, total: float, **changes: Any) -> Reading:
    keys = {"device": "em-1", "kind": Kind.ELEC, "resolution": 0.01} | changes
    return reading(hour, "elec.total", total, **keys)


@pytest.mark.parametrize("sign", signs().values(), ids=lambda sign: sign.name)
class TestEverySign:
    def test_it_says_what_it_listens_to_in_both_languages(self, sign: Sign) -> None:
        assert sign.channels
        assert sign.least > 0
        assert all(sign.words)

    def test_a_stream_that_never_changes_is_no_witness(self, sign: Sign) -> None:
        channel, source = next(iter(sign.channels.items()))
        state = StreamState(sign.kind)
        for hour in range(500):
            value = 3.0 if source.is_rate else 100 + 0.02 * hour
            each = reading(hour, channel, value, kind=sign.kind, resolution=0.0)
            follow(sign, state, each, 0, lambda *_: False)
        assert state.told == (at(499), 0)
        assert not is_heeded(state, at(499))

    def test_a_large_rise_is_one_on_its_highest_step(self, sign: Sign) -> None:
        channel, source = next(iter(sign.channels.items()))
        state, total = StreamState(sign.kind), 100.0
        for hour in range(3):
            total += (10 * sign.least if hour == 2 else 0.0) / source.per_unit
            each = reading(hour, channel, total, kind=sign.kind, resolution=0.0)
            follow(sign, state, each, 0, lambda *_: False)
        assert state.told == (at(2), STEPS - 1)

    def test_it_may_be_chosen_in_the_terms(self, sign: Sign) -> None:
        book = registry([UNIT | {"routine": {"signs": [sign.name]}}])
        routine = book.unit("u01").routine
        assert routine is not None
        assert routine.signs == (sign.name,)


def test_the_folder_is_searched() -> None:
    assert set(sign_names()) >= {"elec", "gas", "plug"}


def test_a_sign_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match="no sign lift; there are elec, gas, plug"):
        registry([UNIT | {"routine": {"signs": ["lift"]}}])


def test_a_register_read_every_quarter_makes_hours() -> None:
    state = HoursState()
    hours = [take(state, at(n / 4), 10 + 0.1 * n, REGISTER) for n in range(9)]
    assert [each is not None for each in hours] == [False] * 4 + [True] + [False] * 3 + [True]
    assert hours[4] is not None
    assert hours[4].amount == pytest.approx(400)


def test_power_is_held_until_the_next_reading() -> None:
    state = HoursState()
    for minute, watts in ((0, 0.0), (30, 1_000.0), (45, 0.0)):
        assert take(state, at(minute / 60), watts, POWER) is None
    hour = take(state, at(1), 0.0, POWER)
    assert hour is not None
    assert hour.amount == pytest.approx(250)


def test_a_register_is_asked_rather_than_power() -> None:
    state = HoursState()
    assert take(state, at(0), 5_000.0, POWER) is None
    assert take(state, at(0), 10.0, REGISTER) is None
    assert take(state, at(0.5), 5_000.0, POWER) is None
    hour = take(state, at(1), 10.2, REGISTER)
    assert hour is not None
    assert hour.amount == pytest.approx(200)


@pytest.mark.parametrize(
    ("hour", "total"), [(6.0, 12.0), (2.0, 9.0)], ids=["a hole", "a register that fell"]
)
def test_a_hole_and_another_register_are_hours_of_which_nothing_is_known(
    hour: float, total: float
) -> None:
    state = HoursState()
    take(state, at(0), 10.0, REGISTER)
    take(state, at(1), 10.2, REGISTER)
    found = take(state, at(hour), total, REGISTER)
    assert found is not None
    assert found.amount is None


def test_what_comes_late_changes_nothing() -> None:
    state = HoursState()
    take(state, at(0), 10.0, REGISTER)
    take(state, at(1), 10.2, REGISTER)
    before = structs.replace(state)
    assert take(state, at(0.5), 10.1, REGISTER) is None
    assert state == before


def test_what_comes_back_after_a_cut_of_the_supply_says_nothing() -> None:
    sign, state = signs()[Kind.ELEC], StreamState("elec")
    told, total = [], 10.0
    for hour, wh in enumerate([100] * 40 + [0, 0, 900, 150]):
        total += wh / 1_000
        follow(sign, state, kwh(hour, total), 0, lambda *_: True)
        told.append(state.told)
    assert told[39] == (at(39), 0)
    assert told[41] == told[42] == (at(40), 0)


@pytest.mark.parametrize("quality", [Quality.SUSPECT, Quality.FAULT, Quality.CLOCK_UNSET])
def test_a_value_that_is_not_good_is_as_if_it_were_missing(quality: Quality) -> None:
    sign, state = signs()[Kind.ELEC], StreamState("elec")
    follow(sign, state, kwh(0, 10.0, quality=quality), 0, lambda *_: False)
    assert state == StreamState("elec")


def test_the_higher_of_two_is_shared_out_between_them() -> None:
    person, machine = (0.5, 0.2, 0.2, 0.1), (0.9, 0.1, 0.0, 0.0)
    shown = together(person, machine)
    assert sum(shown) == pytest.approx(1)
    assert shown[0] == pytest.approx(0.45)
    assert part_of(person, machine, 0) == [1.0, 0.0, 0.0, 0.0]
    assert part_of(person, machine, 1) == pytest.approx([0.2, 0.8, 0, 0])
    assert part_of(person, machine, 2)[2] == 1.0
    assert [step_of(rise, 60) for rise in (0, 59, 60, 200, 480)] == [0, 0, 1, 2, 3]


def test_a_timer_is_expected_at_its_hour_and_nowhere_else() -> None:
    state = nobody.NobodyState()
    for day in range(1, 41):
        for clock in range(24):
            nobody.learn(state, day, clock, 2 if clock == 10 else 0)
    assert nobody.shares(state, 10)[2] > 0.7
    assert nobody.shares(state, 15)[2] < 0.05
    assert 25 < nobody.wrong_a_month(state) < 45


def test_a_rise_that_nobody_makes_leaves_the_odds_as_they_are() -> None:
    state = readiness.ReadinessState()
    machine = [0.01, 0.01, 0.97, 0.01]
    likely = readiness.likely(state, machine, 2)
    assert max(likely) / min(likely) < 1.3


def test_a_rise_that_only_somebody_makes_takes_the_odds_away_and_none_adds_to_them() -> None:
    state, calm = readiness.ReadinessState(), [0.98, 0.01, 0.005, 0.005]
    found = {}
    for step in (0, 2):
        belief = begun(at(0))
        belief.odds_h = 1_000.0
        shares = weighed(belief, readiness.likely(state, calm, step), calm[step], trust=1.0)
        assert sum(shares) == pytest.approx(1, rel=1e-4)
        found[step] = belief.odds_h
    assert found[2] < 300
    assert 1_000 < found[0] < 1_500


def test_a_stream_that_does_not_count_leaves_the_belief_as_it_is() -> None:
    belief, before = begun(at(0)), begun(at(0))
    weighed(belief, (0.1, 0.2, 0.3, 0.4), 0.5, trust=0.0)
    assert belief == before


def test_half_a_trust_moves_the_odds_by_less() -> None:
    likely, odds_h = (0.01, 0.1, 0.4, 0.01), []
    for trust in (0.0, 0.5, 1.0):
        belief = begun(at(0))
        belief.odds_h = 1_000.0
        weighed(belief, likely, 0.01, trust=trust)
        odds_h.append(belief.odds_h)
    assert odds_h == sorted(odds_h, reverse=True)


def test_how_a_resident_shows_is_learned_from_what_they_are_believed_to_do() -> None:
    state, calm = readiness.ReadinessState(), [0.98, 0.01, 0.005, 0.005]
    for day in range(1, 60):
        readiness.learn(state, day, (0.0, 0.0, 1.0), calm, 3)
        readiness.learn(state, day, (1.0, 0.0, 0.0), calm, 0)
    asleep, _, busy, away = readiness.likely(state, calm, 3)
    assert busy > 0.6
    assert asleep < 0.02
    assert away == calm[3]


@pytest.mark.parametrize(
    ("door", "drawn_h", "hour", "expected"),
    [
        ("out", 10, 14, True),
        ("in", 10, 14, False),
        (None, 1.5, 3, True),
        (None, 2.5, 3, False),
        (None, 10, 14, False),
        (None, 10, 38, True),
    ],
)
def test_nobody_is_up_who_is_out_sleeps_or_has_drawn_nothing_for_a_day(
    door: str | None, drawn_h: float, hour: float, expected: bool
) -> None:
    quiet = Quiet(0.0)
    quiet.state.drawn_ns["wm-1"], quiet.state.known_ns["wm-1"] = at(drawn_h), at(60)
    if door:
        quiet.pass_door(at(13.5 if door == "in" else 12), lambda *_: None, out=door == "out")
    assert nobody_within(quiet, at(hour), at(hour + 1)) is expected


def test_nobody_can_say_who_is_up_while_the_meter_is_silent() -> None:
    quiet = Quiet(0.0)
    quiet.state.drawn_ns["wm-1"], quiet.state.known_ns["wm-1"] = at(0), at(5)
    assert nobody_within(quiet, at(4), at(5))
    assert not nobody_within(quiet, at(40), at(41))


def test_more_streams_than_are_remembered_forget_the_one_that_was_silent_longest() -> None:
    quiet = Quiet(0.0, heeds=("elec",))
    for number in range(STREAMS_MAX + 1):
        for hour in range(3):
            heed(quiet, kwh(number + hour, 10.0 + hour, device=f"em-{number}"))
    assert len(quiet.state.streams) == STREAMS_MAX
    assert "em-0" not in quiet.state.streams


class Flat:
    """A resident who draws water now and then, uses a stove often, and goes out from 10 to 12."""

    def __init__(self, *names: str, devices: tuple[Any, ...] = (METER, DOOR, ELEC)) -> None:
        self.site = registry([UNIT | {"routine": {"signs": names}}], devices)
        self.pipeline = Pipeline(self.site)
        self.said: list[Finding] = []
        self._seq = 0
        self.total, self.register_l = 100.0, 1_000.0

    def step(self, *readings: Reading) -> None:
        for each in readings:
            self._seq += 1
            message = Message(each.device, 1, self._seq, self._seq.to_bytes(8, "big"), (each,))
            self.said += self.pipeline.step(Admitted((message,)))

    def live(self, first: int, until: int, *, stirs: bool = True, cooks: bool = True) -> None:
        for hour in range(first, until):
            clock = (hour + 8 - 1) % 24
            up = clock in range(8, 22) and clock not in (10, 11)
            self.register_l += 8 * (up and stirs and hour % 5 == 0)
            self.total += 0.1 + 0.4 * (up and cooks and hour % 2)
            self.step(litres(hour, self.register_l), kwh(hour + 0.03, self.total))
            if stirs and clock in (9, 11):
                way = "out" if clock == 9 else "in"
                door = {"device": "door-1", "kind": Kind.DOOR}
                self.step(reading(hour + 0.05, "door.direction", way, **door))

    def raised(self) -> list[Finding]:
        return [each for each in self.said if each.state is FindingState.RAISED]


def test_who_switches_on_nothing_either_is_looked_for_sooner() -> None:
    plain, heeding = Flat(), Flat("elec")
    for flat in (plain, heeding):
        flat.live(0, 40 * 24)
        flat.live(40 * 24, 42 * 24, stirs=False, cooks=False)
    assert heeding.raised()[0].at_ns < plain.raised()[0].at_ns


def test_a_stream_that_rises_late_in_a_quiet_is_not_heard_until_the_next() -> None:
    state = StreamState("elec", rose_ns=at(20))
    assert [is_disbelieved(state, at(hour)) for hour in (7, 8, 21)] == [True, False, False]


def test_a_stove_cannot_hide_anybody_for_long_who_draws_no_water() -> None:
    plain, heeding = Flat(), Flat("elec")
    for flat in (plain, heeding):
        flat.live(0, 40 * 24)
        flat.live(40 * 24, 44 * 24, stirs=False, cooks=True)
    later_ns = heeding.raised()[0].at_ns - plain.raised()[0].at_ns
    assert 0 < later_ns <= at(24) - at(0)


def test_the_finding_says_what_each_stream_showed_and_how_far_it_is_known() -> None:
    flat = Flat("elec")
    flat.live(0, 40 * 24)
    flat.live(40 * 24, 42 * 24, stirs=False, cooks=False)
    (found,) = flat.raised()
    assert "用电 em-1（最近变化" in found.evidence.sentence_zh
    assert "electricity em-1 (rose last" in found.evidence.sentence_en
    assert "heeded)" in found.evidence.sentence_en
    assert "not heeded" not in found.evidence.sentence_en
    assert str(found.evidence.seen["signs"]).startswith("em-1 ")


def test_a_stream_takes_less_than_a_kilobyte() -> None:
    flat = Flat("elec")
    flat.live(0, 30 * 24)
    quiet = flat.pipeline.homes()["u01"].state.quiet
    assert quiet is not None
    assert len(msgpack.encode(quiet.state.streams["em-1"])) < 1_000
