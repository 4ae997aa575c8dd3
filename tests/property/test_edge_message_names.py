"""The names of a device's messages, packed into runs, are those of a plain list of them."""

from hypothesis import example, given
from hypothesis import strategies as st

from edge.admission import Memory
from edge.message_names import Known
from edge.remembered import NamesState

DEVICE = "wm-1"
LAST = 2**63 - 1

Name = tuple[int, int]
boots = st.sampled_from([0, 1, 2, LAST])
numbers = st.integers(0, 30) | st.sampled_from([2**32, LAST - 1, LAST])
said = st.sampled_from([1, 2, 2**32 - 1])
heard = st.lists(st.tuples(boots, numbers, said), max_size=60)


class Listed:
    """The same memory, name by name."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.names: dict[Name, int] = {}

    def known(self, name: Name, digest: int) -> Known:
        if name not in self.names:
            return Known.NEW
        return Known.COPY if self.names[name] == digest else Known.REUSED

    def admit(self, name: Name, digest: int) -> Known:
        known = self.known(name, digest)
        if known is Known.NEW:
            self.names[name] = digest
            if len(self.names) > self.limit:
                del self.names[next(iter(self.names))]
        return known


@given(heard, st.integers(1, 12), st.integers(0, 60))
@example([(LAST, LAST, 1), (0, 0, 2)], 1, 0)
@example([(1, LAST - 1, 1), (1, LAST, 2), (1, 0, 2)], 2, 2)
def test_runs_of_names_remember_what_a_list_of_names_does(
    messages: list[tuple[int, int, int]], limit: int, restart_at: int
) -> None:
    memory, listed = Memory(limit), Listed(limit)
    for place, (boot, seq, digest) in enumerate(messages):
        if place == restart_at:
            saved, memory = memory.state(), Memory(limit)
            memory.restore(saved)
        assert memory.known((DEVICE, boot, seq), digest) is listed.known((boot, seq), digest)
        assert memory.admit((DEVICE, boot, seq), digest) is listed.admit((boot, seq), digest)


@given(heard, st.integers(1, 12))
def test_names_of_older_checkpoints_are_known_by_themselves(
    messages: list[tuple[int, int, int]], limit: int
) -> None:
    listed, memory, runs = Listed(limit), Memory(limit), Memory(limit)
    for boot, seq, digest in messages:
        listed.admit((boot, seq), digest)
    names = [(boot, seq, b"digested") for boot, seq in listed.names]
    memory.restore_listed({DEVICE: names})
    for boot, seq, told in names:
        runs.admit((DEVICE, boot, seq), told)
    older = {device: NamesState(state.runs, b"of old") for device, state in runs.state().items()}
    runs.restore(older)
    for boot, seq, digest in messages:
        known = Known.COPY if (boot, seq) in listed.names else Known.NEW
        assert memory.known((DEVICE, boot, seq), digest) is known
        assert runs.known((DEVICE, boot, seq), digest) is known


def test_a_fallen_limit_keeps_the_newest_names() -> None:
    before, after = Memory(20), Memory(3)
    for seq in range(20):
        before.admit((DEVICE, 1, seq), 7)
    after.restore(before.state())
    known = [seq for seq in range(20) if after.known((DEVICE, 1, seq), 7) is Known.COPY]
    assert known == [17, 18, 19]


def test_a_name_costs_little_more_than_its_digest_when_numbers_go_on() -> None:
    memory = Memory(128)
    for seq in range(110):
        memory.admit((DEVICE, 1, seq), seq)
    (state,) = memory.state().values()
    assert (state.runs, len(state.checksums)) == ([1, 0, 110], 4 * 110)
