import pytest

from edge import topic
from edge.reading import Kind
from edge.topic import DeviceTopic, TopicError, Verb

PLACE = DeviceTopic("s01", "b01", "u01", Kind.WATER, "wm-7f3a", Verb.OBS)
TEXT = "sw/1/s01/b01/u01/water/wm-7f3a/obs"


def test_a_device_topic_is_taken_apart_and_put_together_again() -> None:
    assert topic.parse(TEXT) == PLACE
    assert topic.device_topic(PLACE) == TEXT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sw/1",
        "sw/2/s01/b01/u01/water/wm-1/obs",
        "cs/1/s01/b01/u01/water/wm-1/obs",
        "sw/1/s01/b01/u01/water/wm-1",
        "sw/1/s01/b01/u01/water/wm-1/obs/",
        "sw/1/s01/b01/u01/wine/wm-1/obs",
        "sw/1/s01/b01/u01/water/wm-1/cmd",
        "sw/1/S01/b01/u01/water/wm-1/obs",
        "sw/1/s01/b01/u01/water/wm-1\n/obs",
        "sw/1/s01/b01/_u1/water/wm-1/obs",
        "sw/1/s01/b01/u１/water/wm-1/obs",
        f"sw/1/s01/b01/u01/water/{'x' * 33}/obs",
        "sw/1/s01//u01/water/wm-1/obs",
    ],
)
def test_what_is_not_exactly_in_the_tree_is_refused(text: str) -> None:
    with pytest.raises(TopicError):
        topic.parse(text)


def test_service_topics_name_their_edge() -> None:
    for text in (
        topic.finding_topic("s01", "e01"),
        topic.ack_topic("s01", "e01"),
        topic.status_topic("s01", "e01"),
        topic.health_topic("s01", "e01"),
        topic.question_topic("s01", "e01"),
        topic.answer_topic("s01", "e01"),
    ):
        assert topic.edge_of(text) == ("s01", "e01")


def test_a_device_topic_names_no_edge() -> None:
    with pytest.raises(TopicError):
        topic.edge_of(TEXT)


def test_the_filters_leave_state_messages_out() -> None:
    assert topic.device_filters("s01") == (
        "sw/1/s01/+/+/+/+/obs",
        "sw/1/s01/+/+/+/+/hist",
        "sw/1/s01/+/+/+/+/evt",
    )


def test_only_the_time_is_subscribed_for_the_moment_and_not_kept() -> None:
    fleeting = [topic.answer_topic("s01", "e01"), topic.edge_filters("s01")[2]]
    kept = [*topic.device_filters("s01"), *topic.edge_filters("s01")[:2], "#", TEXT]
    assert [topic.qos(each) for each in (*fleeting, *kept)] == [0, 0, *[1] * len(kept)]


def test_a_wildcard_cannot_be_smuggled_in_as_a_code() -> None:
    with pytest.raises(TopicError):
        topic.finding_topic("+", "e01")
