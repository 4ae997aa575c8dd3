"""Acts on rules: what they come to, what undoes them, and what is refused."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from edge.completeness import Home
from edge.detectors.base import detectors
from edge.mode import Mode, mode_of, name_at
from edge.rule_acts import ACTS_MAX, RuleActError, RuleActs, combined, read_acts
from edge.rule_names import _own_name, known_rules, life_safety
from edge.signal import Signal

AT = {"by": "chief", "at": "2026-05-28T08:00:00+00:00"}
LIVE, SHADOW = Mode.LIVE, Mode.SHADOW
PROMOTED = RuleActs().with_act(
    "promote", "routine-trial", {"routine-trial": LIVE, "routine": SHADOW}, **AT
)


def test_terms_on_trial_are_in_the_shadow_until_they_are_promoted() -> None:
    assert mode_of("routine-trial", {}) is SHADOW
    assert mode_of("routine", {}) is LIVE
    assert mode_of("routine-trial", PROMOTED.modes()) is LIVE
    assert mode_of("routine", PROMOTED.modes()) is SHADOW


def test_a_roll_back_undoes_the_whole_act_and_keeps_it_on_record() -> None:
    back = PROMOTED.rolled_back("routine-trial", **AT)
    assert back.modes() == RuleActs().modes()
    assert [each.act for each in back.acts] == ["promote", "roll-back"]


def test_a_roll_back_returns_to_what_an_earlier_act_had_said() -> None:
    hidden = RuleActs().with_act("shadow", "leak_slow", {"leak_slow": SHADOW}, **AT)
    shown = hidden.with_act("promote", "leak_slow", {"leak_slow": LIVE}, **AT)
    assert shown.rolled_back("leak_slow", **AT).modes() == hidden.modes()


@pytest.mark.parametrize("acts", [RuleActs(), PROMOTED.rolled_back("routine-trial", **AT)])
def test_what_was_not_done_or_is_undone_cannot_be_rolled_back(acts: RuleActs) -> None:
    with pytest.raises(RuleActError, match="nothing was done"):
        acts.rolled_back("routine-trial", **AT)


@pytest.mark.parametrize("rule", sorted(life_safety()))
def test_an_emergency_is_never_put_into_the_shadow(rule: str) -> None:
    with pytest.raises(RuleActError, match="can only be live"):
        RuleActs().with_act("shadow", rule, {rule: SHADOW}, **AT)


@pytest.mark.parametrize(
    ("modes", "here", "there"),
    [
        ({}, SHADOW, SHADOW),
        ({"routine-trial@u01": LIVE}, LIVE, SHADOW),
        ({"routine-trial": LIVE, "routine-trial@u01": SHADOW}, SHADOW, LIVE),
    ],
)
def test_a_home_may_go_ahead_of_the_others(modes: dict[str, Mode], here: Mode, there: Mode) -> None:
    assert mode_of(name_at("routine-trial", "s01/b01/u01"), modes) is here
    assert mode_of(name_at("routine-trial", "s01/b01/u02/wm-1"), modes) is there


def test_what_is_about_no_home_goes_by_the_rule_alone() -> None:
    assert name_at("adapter_down", "s01/gw-1") == "adapter_down"


@pytest.mark.parametrize("name", ["leak_slow@", "leak_slow@No Home", "smoke_alarm@u01"])
def test_a_home_that_is_none_or_an_emergency_in_one_home_is_refused(name: str) -> None:
    with pytest.raises(RuleActError, match=name):
        RuleActs().with_act("shadow", name, {name: SHADOW}, **AT)


def test_a_misspelt_rule_is_refused() -> None:
    with pytest.raises(RuleActError, match="there is no such rule"):
        RuleActs().with_act("shadow", "leak-slow", {"leak-slow": SHADOW}, **AT)


def test_every_rule_that_is_anywhere_can_be_named() -> None:
    assert {"welfare", "welfare-2", "routine", "routine-trial", "water_burst", "smoke_alarm",
            "device_silent", "door_forced", "supply_outage"} <= known_rules()  # fmt: skip


def test_no_detector_is_without_a_name() -> None:
    for kind in detectors():
        at_home = kind.watches is Home
        assert kind.watches is Signal or at_home or _own_name(kind) in known_rules(), kind


def test_an_act_outweighs_the_settings_and_old_acts_keep_their_effect() -> None:
    acts = PROMOTED
    for number in range(ACTS_MAX + 5):
        mode = SHADOW if number % 2 else LIVE
        acts = acts.with_act("x", "leak_slow", {"leak_slow": mode}, **AT)
    assert len(acts.acts) == ACTS_MAX
    assert combined({"routine": LIVE, "welfare": SHADOW}, acts) == {
        "routine": SHADOW,
        "routine-trial": LIVE,
        "leak_slow": LIVE,
        "welfare": SHADOW,
    }


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"v": 2}', '{"modes_before": {"smoke_alarm": "shadow"}}', '{"acts": [1]}', "[]"],
)
def test_a_file_that_is_none_of_acts_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.rules").write_text(text, "utf-8")
    with pytest.raises(RuleActError, match=r"a\.rules"):
        read_acts(tmp_path / "a.rules")


def test_no_file_is_no_act(tmp_path: Path) -> None:
    assert read_acts(tmp_path / "none.rules") == RuleActs()


@given(st.integers(0, 2**31), st.integers(0, 255))
def test_a_damaged_file_of_acts_is_refused_or_still_one_of_acts(place: int, value: int) -> None:
    written = bytearray(json.encode(PROMOTED))
    written[place % len(written)] = value
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db.rules"
        path.write_bytes(written)
        with suppress(RuleActError):
            assert read_acts(path).v == 1


def test_a_file_nested_without_an_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.db.rules"
    path.write_bytes(b'{"v":1,"x":' + b"[" * 5_000)
    with pytest.raises(RuleActError):
        read_acts(path)
