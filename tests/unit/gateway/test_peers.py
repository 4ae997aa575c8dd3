"""Who of several gateways is alive, by their beats alone."""

from edge.reading import SECOND_NS
from gateway.db.nodes import Node
from gateway.peers import DEAD_NS, Sightings, dead, look


def after(*looks: tuple[int, list[Node]]) -> Sightings:
    seen: Sightings = {}
    for mono_ns, nodes in looks:
        seen = look(seen, nodes, mono_ns)
    return seen


def node(beat: int, name: str = "b", epoch: str = "1") -> Node:
    return Node(name, epoch, beat, leads=False)


def test_one_whose_beat_moves_lives_however_long_we_look() -> None:
    seen = after(*[(n * 4 * SECOND_NS, [node(n)]) for n in range(10)])
    assert dead(seen, 9 * 4 * SECOND_NS) == frozenset()


def test_one_whose_beat_stands_still_is_dead_after_its_time_and_not_before() -> None:
    seen = after((0, [node(5)]), (3 * SECOND_NS, [node(5)]))
    assert dead(seen, DEAD_NS - 1) == frozenset()
    assert dead(seen, DEAD_NS) == {"b"}


def test_what_was_seen_for_the_first_time_is_alive_however_old_its_row_is() -> None:
    assert dead(after((10**18, [node(5)])), 10**18) == frozenset()


def test_another_process_of_the_same_name_is_alive_although_its_beat_is_the_same() -> None:
    seen = after((0, [node(1)]), (DEAD_NS, [node(1, epoch="2")]))
    assert dead(seen, DEAD_NS) == frozenset()


def test_one_that_has_left_is_not_called_dead() -> None:
    assert dead(after((0, [node(1)]), (1, [])), DEAD_NS) == frozenset()
