import pytest
from msgspec import structs

from simulators.chronicle import Chronicle, DeliveryLine, FindingLine, IncidentLine
from simulators.ending import Ending
from simulators.promises import broken

STOPPED, SILENT = "home-031", "home-001"
TEXT = "紧急 1栋031室：长时间未用水。回1234"
WELFARE = IncidentLine(
    id="i1",
    home=STOPPED,
    rule="welfare",
    tier=1,
    state="acknowledged",
    timeliness="live",
    opened_ns=1,
    acked_ns=2,
    owner="wang",
    sentence_zh="",
)
MUTE = structs.replace(WELFARE, id="i2", home=SILENT, rule="device_silent", acked_ns=None)
TOLD = DeliveryLine("k", STOPPED, "wang", "sms", "alert", "delivered", 1, TEXT, "138")
KEPT = Ending(Chronicle((WELFARE, MUTE), (), (TOLD,), ()), (("138", TEXT),), {}, 9)


def changed(**parts: object) -> Ending:
    return structs.replace(KEPT, chronicle=structs.replace(KEPT.chronicle, **parts))


def test_a_good_ending_breaks_no_promise() -> None:
    assert broken(KEPT, stopped=STOPPED, silent=SILENT) == []


@pytest.mark.parametrize(
    ("ending", "named"),
    [
        (changed(incidents=(MUTE,)), "has 0 incidents"),
        (changed(incidents=(WELFARE, WELFARE, MUTE)), "has 2 incidents"),
        (changed(incidents=(structs.replace(WELFARE, acked_ns=None), MUTE)), "nobody answered"),
        (changed(incidents=(WELFARE,)), "nobody was told that the meter"),
        (
            changed(findings=(FindingLine("f", 0, SILENT, "welfare", "raised", "live", 1),)),
            "was taken for its resident's",
        ),
        (changed(deliveries=(structs.replace(TOLD, state="queued"),)), "still queued"),
        (structs.replace(KEPT, texts=()), "no phone ever showed"),
        (structs.replace(KEPT, texts=KEPT.texts * 2), "got 2 times"),
    ],
)
def test_each_broken_promise_is_said(ending: Ending, named: str) -> None:
    (said,) = broken(ending, stopped=STOPPED, silent=SILENT)
    assert named in said
