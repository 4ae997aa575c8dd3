"""Cards by their tokens: one that tries doors, one in two places, and what is never kept."""

from pathlib import Path
from typing import Any

import pytest

from edge import wire
from edge.cards import TOKENS_MAX, Cards, Spot
from edge.credential import NO_CREDENTIAL, Credential, Pseudonyms, card
from edge.credential_key import CredentialSettings, read_pseudonyms
from edge.line_protocol import reading_line
from edge.pipeline import Pipeline
from edge.profiles import profiles
from edge.reading import FindingState, Kind, Quality, Reading, Tier
from edge.registry import Registry
from edge.settings import ConfigError
from edge.vendors import Vendors
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import METER, UNIT, at, reading, registry

SECOND, MINUTE = 1 / 3600, 1 / 60
KEY = bytes(range(32))
RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
MANY, TWO = "credential_many_doors", "credential_two_places"


def door(number: int, **terms: Any) -> dict[str, Any]:
    return {"id": f"door-{number}", "kind": "door", "unit": "u01", "door": terms}


def book(*doors: dict[str, Any]) -> Registry:
    return registry(devices=(METER, *(doors or [door(n) for n in range(1, 7)])))


def shown(
    site: Site, hour: float, where: int, verdict: str = "denied", token: str = "a" * 12, **how: Any
) -> None:
    """A card is shown at a door: what its message brings."""
    words = [("door.access", verdict), ("door.method", "card"), ("door.token", token)]
    fields = {"device": f"door-{where}", "kind": Kind.DOOR, "seq": site.seq} | how
    site.hear(*(reading(hour, channel, value, **fields) for channel, value in words))


class TestManyDoors:
    def test_four_doors_that_turn_one_card_away_are_told_about_the_fourth(self) -> None:
        site = Site(book())
        for number in range(1, 5):
            assert site.story(MANY) == []
            shown(site, number * MINUTE, number)
        (found,) = [each for each in site.said if each.rule == MANY]
        assert (found.subject, found.category) == ("s01/b01/u01/door-4", "security")
        assert (found.tier, found.state) == (Tier.IMPORTANT, RAISED)
        assert found.evidence.seen == {"doors": 4.0}

    def test_going_on_is_the_same_finding_and_it_ends_half_an_hour_later(
        self,
    ) -> None:
        site = Site(book())
        for number in range(1, 7):
            shown(site, number * MINUTE, number)
        site.tick(36 * MINUTE + 1)
        assert site.story(MANY) == [RAISED, CLEARED]

    def test_one_door_again_and_again_is_one_door(self) -> None:
        site = Site(book())
        for number in range(10):
            shown(site, number * MINUTE, 1 + number % 3)
        assert site.story(MANY) == []

    def test_being_let_through_everywhere_is_a_round(self) -> None:
        site = Site(book())
        for number in range(1, 7):
            shown(site, number * MINUTE, number, "granted")
        assert site.story(MANY) == []

    def test_several_cards_are_not_one(self) -> None:
        site = Site(book())
        for number in range(1, 7):
            shown(site, number * MINUTE, number, token=f"{number:012x}")
        assert site.story(MANY) == []

    def test_a_slow_walk_through_the_day_is_no_search(self) -> None:
        site = Site(book())
        for number in range(1, 7):
            shown(site, number * 6 * MINUTE, number)
        assert site.story(MANY) == []

    def test_a_door_whose_clock_is_in_doubt_proves_nothing(self) -> None:
        site = Site(book())
        for number in range(1, 7):
            shown(site, number * MINUTE, number, quality=Quality.CLOCK_UNSET)
        assert site.story(MANY) == []


class TestTwoPlaces:
    FAR = (door(1, at_m=[0, 0]), door(2, at_m=[300, 400]), door(3))

    def test_faster_than_a_bicycle_is_two_cards(self) -> None:
        site = Site(book(*self.FAR))
        shown(site, 1, 1, "granted")
        shown(site, 1 + 60 * SECOND, 2, "granted")
        (found,) = [each for each in site.said if each.rule == TWO]
        assert (found.subject, found.state) == ("s01/b01/u01/door-2", RAISED)
        assert found.evidence.seen == {"apart_m": 500, "apart_s": 60}

    def test_by_bicycle_it_is_one(self) -> None:
        site = Site(book(*self.FAR))
        shown(site, 1, 1, "granted")
        shown(site, 1 + 75 * SECOND, 2, "granted")
        assert site.story(TWO) == []

    def test_it_is_told_about_the_door_of_the_later_use_whichever_word_comes_first(self) -> None:
        site = Site(book(*self.FAR))
        shown(site, 1 + 2 * SECOND, 2, "granted")
        shown(site, 1, 1, "granted", received_ns=at(1 + 3 * SECOND))
        (found,) = [each for each in site.said if each.rule == TWO]
        assert found.subject == "s01/b01/u01/door-2"

    @pytest.mark.parametrize(("late_s", "told"), [(0, 1), (4, 1), (6, 0)])
    def test_clocks_that_the_arrivals_confirm_are_doubted_less(
        self, late_s: int, told: int
    ) -> None:
        site = Site(book(*self.FAR))
        shown(site, 1, 1, "granted")
        shown(site, 1 + 68 * SECOND, 2, "granted", received_ns=at(1 + (68 + late_s) * SECOND))
        assert site.story(TWO) == [RAISED] * told

    def test_a_door_of_unknown_place_is_not_compared(self) -> None:
        site = Site(book(*self.FAR))
        shown(site, 1, 1, "granted")
        shown(site, 1, 3, "granted")
        assert site.story(TWO) == []

    @pytest.mark.parametrize(
        "how",
        [
            {"historical": True},
            {"quality": Quality.CLOCK_UNSET},
            {"received_ns": at(2)},
            {"at_ns": at(0.5)},
        ],
    )
    def test_both_times_must_be_sound_and_say_so(self, how: dict[str, Any]) -> None:
        site = Site(book(*self.FAR))
        shown(site, 1, 1, "granted")
        shown(site, 1 + SECOND, 2, "granted", **how)
        assert site.story(TWO) == []

    def test_a_reader_of_its_own_stands_where_its_door_does(self) -> None:
        reader = {"id": "door-9", "kind": "door", "unit": "u01"}
        site = Site(book(reader, door(1, at_m=[0, 0]), door(2, at_m=[900, 0], reader="door-9")))
        shown(site, 1, 1, "granted")
        shown(site, 1 + SECOND, 9, "granted")
        (found,) = [each for each in site.said if each.rule == TWO]
        assert found.subject == "s01/b01/u01/door-2"


def test_of_more_cards_than_are_remembered_the_oldest_is_forgotten_and_counted() -> None:
    cards = Cards({"door-1": Spot("door-1", None)})
    for number in range(TOKENS_MAX + 3):
        token = reading(0, "door.token", f"{number:012x}", device="door-1")
        assert list(cards.show(token)) == []
    assert (len(cards.state.cards), cards.state.forgotten) == (TOKENS_MAX, 3)
    assert list(cards.show(reading(1, "door.token", "f" * 12, device="door-1"))) == []
    assert (len(cards.state.cards), cards.state.forgotten) == (1, 3)


def test_the_state_of_cards_outlives_a_restart() -> None:
    site, book_ = Site(book()), book()
    for number in range(1, 4):
        shown(site, number * MINUTE, number)
    again = Site(book_)
    again.pipeline.restore(site.pipeline.dump())
    again.seq = site.seq
    shown(again, 4 * MINUTE, 4)
    assert again.story(MANY) == [RAISED]


class TestTokens:
    def test_one_card_has_one_token_a_day_and_another_the_next(self) -> None:
        one = Pseudonyms(KEY)
        token = one.token(Credential("8812"), at(0))
        assert len(token) == 12
        assert one.token(Credential("8812"), at(11)) == token
        assert one.token(Credential("8812"), at(20)) != token  # 04:00 in China
        assert one.token(Credential("8813"), at(0)) != token
        assert Pseudonyms(KEY[::-1]).token(Credential("8812"), at(0)) != token

    @pytest.mark.parametrize("value", [None, "", "0", 0, "000", [], True, "9" * 65, "a\nb"])
    def test_no_number_is_no_card(self, value: object) -> None:
        assert card(value) == NO_CREDENTIAL

    def test_a_card_does_not_print_itself(self) -> None:
        assert "8812" not in f"{card('8812')!r} {card('8812')}"

    def test_it_goes_to_no_database(self) -> None:
        assert reading_line(reading(0, "door.token", "a" * 12), "s01/b01/u01") is None

    @pytest.mark.parametrize("value", ["8812", "A" * 12, "a" * 13, 8812.0])
    def test_a_number_in_its_place_is_refused(self, value: object) -> None:
        text = wire.Record(n="door.token", **{"vs" if isinstance(value, str) else "v": value})  # type: ignore[arg-type]
        said = wire.encode(wire.Message(dev="door-1", seq=1, t=at(0) / 1e9, e=(text,)))
        decoded = wire.decode("sw/1/s01/b01/u01/door/door-1/evt", said, at(0))
        assert decoded.readings == ()
        assert [each.reason for each in decoded.rejected] == [wire.Reason.BAD_TEXT]
        assert "8812" not in repr(decoded.rejected)

    @pytest.mark.parametrize("content", [None, b"", b"x" * 31 + b"\n"])
    def test_a_key_that_is_none_is_a_fault_of_the_configuration(
        self, tmp_path: Path, content: bytes | None
    ) -> None:
        path = tmp_path / "credentials.key"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ConfigError, match="32 or more random bytes"):
            read_pseudonyms(CredentialSettings(key_file=path))


HIKVISION = (
    b'{"macAddress":"a4:d5:c2:24:dd:74","channelID":1,"dateTime":"2025-10-22T13:43:48+08:00",'
    b'"eventType":"AccessControllerEvent","eventState":"active","AccessControllerEvent":'
    b'{"majorEventType":5,"subEventType":1,"cardNo":"776655443322","name":"Q",'
    b'"employeeNoString":"001","doorNo":1,"serialNo":139}}'
)
DAHUA = (
    b'{"Data":{"CardNo":"776655443322","Method":1,"Password":"4711","RecNo":691,"Status":1,'
    b'"Type":"Entry","UTC":1761111828},"serialNumber":"D1"}'
)
ZKTECO = (
    b"time=2025-10-22 13:43:48\tpin=1\tcardno=776655443322\teventaddr=1\tevent=0\t"
    b"inoutstatus=1\tverifytype=4\tindex=0\n"
)
RECEIVED_NS = 1_761_111_830_000_000_000


@pytest.mark.parametrize(
    ("vendor", "topic", "payload"),
    [
        ("hikvision:a4:d5:c2:24:dd:74", "http/hikvision", HIKVISION),
        ("dahua:D1", "DahuaVTO/AccessControl/Event", DAHUA),
        ("zkteco:Z1", "http/zkteco/Z1/rtlog", ZKTECO),
    ],
)
class TestAtTheDoorOfTheEdge:
    def admitted(self, key: bytes | None, vendor: str, topic: str, payload: bytes) -> Any:
        device = {"id": "door-1", "kind": "door", "unit": "u01", "vendor": vendor}
        pseudonyms = Pseudonyms(key) if key else None
        vendors = Vendors(registry((UNIT,), (device,)), profiles(), pseudonyms)
        pipeline = Pipeline(registry((UNIT,), (device,)), None, vendors)
        (admission,) = pipeline.gate.admissions(topic, payload, RECEIVED_NS)
        return admission

    def tokens(self, readings: tuple[Reading, ...]) -> list[float | str]:
        return [each.value for each in readings if each.channel == "door.token"]

    def test_with_a_key_the_card_is_a_token_and_the_same_at_every_vendor(
        self, vendor: str, topic: str, payload: bytes
    ) -> None:
        admission = self.admitted(KEY, vendor, topic, payload)
        expected = Pseudonyms(KEY).token(Credential("776655443322"), RECEIVED_NS)
        assert self.tokens(admission.readings) == [expected]
        assert "776655443322" not in repr(admission)

    def test_without_a_key_there_is_nothing_of_it(
        self, vendor: str, topic: str, payload: bytes
    ) -> None:
        admission = self.admitted(None, vendor, topic, payload)
        assert admission.readings
        assert self.tokens(admission.readings) == []
        assert "776655443322" not in repr(admission)

    def test_the_digest_of_the_message_knows_nothing_of_the_card(
        self, vendor: str, topic: str, payload: bytes
    ) -> None:
        other = payload.replace(b"776655443322", b"112233445566")
        digests = {
            self.admitted(KEY, vendor, topic, each).message.digest for each in (payload, other)
        }
        assert len(digests) == 1
