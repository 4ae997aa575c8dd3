"""Replies as people write them: understood rightly, or asked back about; never guessed at."""

import pytest

from alerts.incident import Act, Outcome
from alerts.reply import NotUnderstood, Understood, understand
from tests.unit.alerts.natural_replies import ASKED_BACK, CODE, HELD_OUT, MEANT, split

Doing = tuple[Act, Outcome | None]


def _listed(lists: dict[Doing, str]) -> list[tuple[str, Doing]]:
    return [(text, doing) for doing, block in lists.items() for text in split(block)]


@pytest.mark.parametrize(("text", "doing"), _listed(MEANT))
def test_a_natural_reply_is_understood(text: str, doing: Doing) -> None:
    meaning = understand(text)
    assert isinstance(meaning, Understood)
    assert meaning.code in {CODE, None}
    assert (meaning.said.act, meaning.said.outcome) == doing


def test_the_list_is_as_long_as_it_says() -> None:
    assert len(_listed(MEANT)) >= 220


@pytest.mark.parametrize("text", split(ASKED_BACK))
def test_a_denial_a_doubt_or_a_contradiction_is_asked_back_about(text: str) -> None:
    assert isinstance(understand(text), NotUnderstood)


def test_of_replies_that_no_vocabulary_was_made_for_none_is_taken_wrongly() -> None:
    read = [(understand(text), doing) for text, doing in _listed(HELD_OUT)]
    taken = [(each, doing) for each, doing in read if isinstance(each, Understood)]
    assert all((each.said.act, each.said.outcome) == doing for each, doing in taken)
    assert all(each.code == CODE for each, _ in taken)
    # A little over half; the others get a question back, which costs a text and no mistake.
    assert len(taken) / len(read) > 0.5
