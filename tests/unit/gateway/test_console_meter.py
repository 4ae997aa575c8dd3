"""What the console says of registers that changed, and of data that an edge still holds."""

import pytest

from edge.history import Span
from edge.reading import HOUR_NS, SECOND_NS
from gateway.console.page import Voice
from gateway.console.texts import TEXTS, Lang, say
from gateway.console.view import Viewer
from tests.unit.gateway.desk_world import NOW_NS, World
from tests.unit.gateway.test_console import CHINA, see, world

__all__ = ["world"]

RULES = (
    "welfare", "device_silent", "adapter_down", "edge_down", "supply_outage", "meter_break",
)  # fmt: skip
CHANGES = ("replaced", "reset", "rollover", "unit")


@pytest.mark.parametrize("kind_and_codes", [("rule", RULES), ("change", CHANGES)])
def test_every_rule_and_every_change_of_a_register_has_a_word(
    kind_and_codes: tuple[str, tuple[str, ...]],
) -> None:
    kind, codes = kind_and_codes
    assert {f"{kind}.{code}" for code in codes} <= TEXTS.keys()


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        (Lang.ZH, ["水表 mu0301", "疑似换表", "原读数 412.371 立方米", "现读数 0.004 立方米"]),
        (Lang.EN, ["meter mu0301", "replaced?", "old register 412.371 m3",
                   "new register 0.004 m3"]),
    ],
)  # fmt: skip
def test_a_changed_register_is_told_to_the_litre_and_with_times_in_words(
    world: World, lang: Lang, told: list[str]
) -> None:
    seen: dict[str, float | str] = {
        "device": "mu0301", "change": "replaced", "last_m3": 412.371, "first_m3": 0.004,
        "last_seen_s": NOW_NS // SECOND_NS - 7_200,
    }  # fmt: skip
    words = Viewer(world.desk, Voice(lang, NOW_NS, CHINA), None).measures(seen)
    assert words[:-1] == told
    assert "06:00" in words[-1]


def test_data_that_an_edge_still_holds_are_on_their_way_and_no_plain_gap(world: World) -> None:
    for hour in range(8, 25):
        world.history.add("u0301", NOW_NS - hour * HOUR_NS, 10.0)
    words = say(Lang.ZH, "chart.on_the_way")
    assert words not in see(world, "/units/u0301").text
    world.history.on_the_way = [Span(NOW_NS - 8 * HOUR_NS, NOW_NS)]
    text = see(world, "/units/u0301").text
    assert text.count('class="plot-late"') == 2
    assert words in text
    assert "尚未全部送达" in text
