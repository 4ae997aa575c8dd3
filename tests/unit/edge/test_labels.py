"""Labels at the edge: counted once each, by rule and subject, within a limit."""

import pytest
from msgspec import structs

from edge.labels import PAGE_MAX, PAIRS_MAX, Label, LabelPage, Labels, is_sound


def a_label(seq: int, **changes: object) -> Label:
    label = Label(seq, f"f{seq}", "welfare", "s01/b01/u0101", "false_alarm", "", 1)
    return structs.replace(label, **changes)


def a_page(*labels: Label, epoch: str = "one") -> LabelPage:
    return LabelPage(1, epoch, labels)


@pytest.fixture
def labels() -> Labels:
    return Labels()


def test_labels_are_counted_by_rule_and_subject(labels: Labels) -> None:
    assert labels.take("one", (a_label(1), a_label(2), a_label(3, outcome="real"))) == 3
    assert labels.of("welfare", "s01/b01/u0101") == {"false_alarm": 2, "real": 1}
    assert labels.by_rule() == {"welfare": {"false_alarm": 2, "real": 1}}


def test_what_is_sent_again_is_counted_once(labels: Labels) -> None:
    page = a_page(a_label(1), a_label(2))
    labels.take(page.epoch, labels.fresh(page))
    longer = a_page(a_label(1), a_label(2), a_label(3))
    assert [label.seq for label in labels.fresh(longer)] == [3]
    assert labels.take("one", longer.labels) == 1
    assert labels.upto == ("one", 3)


def test_a_gateway_with_a_new_database_numbers_anew(labels: Labels) -> None:
    labels.take("one", (a_label(7),))
    assert labels.take("two", (a_label(1),)) == 1
    assert labels.upto == ("two", 1)


def test_a_changed_outcome_takes_the_place_of_the_earlier(labels: Labels) -> None:
    labels.take("one", (a_label(1),))
    labels.take("one", (a_label(2, finding="f1", before="false_alarm", outcome="real"),))
    assert labels.by_rule() == {"welfare": {"false_alarm": 0, "real": 1}}


def test_a_reopened_case_takes_its_label_back(labels: Labels) -> None:
    labels.take("one", (a_label(1), a_label(2, finding="f1", before="false_alarm", outcome="")))
    assert labels.by_rule() == {"welfare": {"false_alarm": 0}}


def test_the_pair_longest_without_a_label_makes_room(labels: Labels) -> None:
    for seq in range(1, PAIRS_MAX + 1):
        labels.take("one", (a_label(seq, subject=f"s01/b01/u{seq}"),))
    labels.take("one", (a_label(PAIRS_MAX + 1, subject="s01/b01/u1"),))
    assert labels.forgotten == 0
    labels.take("one", (a_label(PAIRS_MAX + 2, subject="s01/b01/new"),))
    assert labels.forgotten == 1
    assert not labels.of("welfare", "s01/b01/u2")
    assert labels.of("welfare", "s01/b01/u1")


@pytest.mark.parametrize(
    "page",
    [
        a_page(),
        a_page(a_label(1), epoch=""),
        a_page(a_label(2), a_label(1)),
        a_page(a_label(1), a_label(1)),
        a_page(a_label(0)),
        a_page(a_label(1, rule="")),
        a_page(a_label(1, subject="s" * 201)),
        a_page(a_label(1, at_ns=-1)),
        a_page(*(a_label(seq) for seq in range(1, PAGE_MAX + 2))),
        LabelPage(2, "one", (a_label(1),)),
    ],
)
def test_a_page_out_of_bounds_is_unsound(page: LabelPage) -> None:
    assert not is_sound(page)
    assert is_sound(a_page(a_label(1)))
