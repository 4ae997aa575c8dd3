"""What the gate says at once it says of nothing that `admissions` would say more of."""

from hypothesis import given
from hypothesis import strategies as st

from edge import wire
from edge.admitted import Admission
from edge.batch_names import BatchNames
from edge.entry import Admitted
from edge.gate import Gate
from edge.pipeline import Pipeline
from edge.reading import SECOND_NS
from tests.property.edge_world import REGISTRY, START_S, TOPIC, message

HOUR_S = 3_600
TOPICS = st.sampled_from([TOPIC, TOPIC, TOPIC.replace("/obs", "/hist"), TOPIC.replace("b01", "b2")])
SENT = st.builds(
    lambda seq, litres, off_h, boot: wire.encode(
        message(seq, [((seq + off_h) * HOUR_S, litres)], boot=boot)
    ),
    st.integers(1, 12),
    st.integers(100, 103),
    st.sampled_from([0, 0, 0, 0, -4, 2, 20_000]),
    st.integers(0, 1),
)
SPOILT = st.sampled_from([b"", b"{}", b'{"v":1,"dev":"wm-9","seq":1,"t":1,"e":[]}'])
BATCHES = st.lists(st.lists(st.tuples(TOPICS, SENT | SPOILT), max_size=6), max_size=8)


def judged(
    gate: Gate, topic: str, payload: bytes, names: BatchNames, now_ns: int
) -> tuple[Admission, ...]:
    """What `admissions` says; what is said at once is held against it."""
    quick = gate.plain(topic, payload, now_ns, names)
    said = gate.admissions(topic, payload, now_ns, batch=names)
    if quick is not None:
        assert said == (Admission(quick, 0, ()),)
    names.said += [each.message for each in said if each.message]
    return said


@given(BATCHES)
def test_what_is_said_at_once_is_all_there_is_to_say(
    batches: list[list[tuple[str, bytes]]],
) -> None:
    pipeline = Pipeline(REGISTRY)
    for hour, batch in enumerate(batches, 1):
        names = BatchNames(hour)
        now_ns = (START_S + 2 * hour * HOUR_S) * SECOND_NS
        said = [each for sent in batch for each in judged(pipeline.gate, *sent, names, now_ns)]
        pipeline.step(Admitted(tuple(each.message for each in said if each.message)))


def test_the_second_message_of_a_topic_is_plain() -> None:
    gate, names = Pipeline(REGISTRY).gate, BatchNames(1)
    first, second = (wire.encode(message(seq, [(0, 100)])) for seq in (1, 2))
    now_ns = (START_S + 5) * SECOND_NS
    assert gate.plain(TOPIC, first, now_ns, names) is None
    gate.admissions(TOPIC, first, now_ns, batch=names)
    assert gate.plain(TOPIC, second, now_ns, names) is not None
    assert gate.plain(TOPIC, second, now_ns, names) is None
