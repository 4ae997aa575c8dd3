import asyncio

import pytest

from edge.reading import SECOND_NS
from simulators import clock as virtual
from simulators.phone import Habit, Phones, Shown, code_in


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("紧急 3栋2单元0301：12小时未用水，请上门。回4821加1我去", "4821"),
        ("URGENT b3 u0301: no water. Reply 48213 +1 go", "48213"),
        ("【解除】3栋2单元0301：已恢复，请在值守台结案。编号4821", None),
        ("回12", None),
        ("", None),
    ],
)
def test_only_a_text_that_asks_for_an_answer_has_a_code_to_answer_with(
    text: str, code: str | None
) -> None:
    assert code_in(text) == code


def test_an_owner_answers_with_the_code_after_their_own_time() -> None:
    answers: list[tuple[int, str, str]] = []

    async def main(clock: virtual.VirtualClock) -> None:
        phones = Phones(clock, {"1": Habit(reply_after_s=90.0, word="已到")})
        phones.connect(lambda number, text: answers.append((clock.now_ns(), number, text)))
        for number in ("1", "2"):
            phones.ring(number, "请上门。回4821加1我去")
        await asyncio.sleep(1_000)
        assert list(phones.shown) == [
            Shown("1", "请上门。回4821加1我去", 0),
            Shown("2", "请上门。回4821加1我去", 0),
        ]

    virtual.run(main, 0)
    assert answers == [(90 * SECOND_NS, "1", "已到 4821")]


def test_a_watcher_sees_every_text() -> None:
    async def main(clock: virtual.VirtualClock) -> list[Shown]:
        seen: list[Shown] = []
        phones = Phones(clock, {})
        phones.watchers.append(seen.append)
        phones.ring("7", "hello")
        return seen

    assert virtual.run(main, 5) == [Shown("7", "hello", 5)]
