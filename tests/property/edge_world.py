"""A small registry and true usage curves, from which registers are sampled."""

from pathlib import Path
from typing import Any

from edge import wire
from edge.entry import Admitted, Link
from edge.pipeline import Pipeline
from edge.reading import HOUR_NS, SECOND_NS, Finding
from edge.registry import Registry

START_S = 1_767_225_600
TOPIC = "sw/1/s01/b01/u01/water/wm-1/obs"
REGISTRY = Registry.parse(
    {
        "version": 1,
        "site": "s01",
        "unit": [{"code": "u01", "building": "b01", "care": ["alone"]}],
        "device": [{"id": "wm-1", "kind": "water", "unit": "u01", "interval": "1 h"}],
    },
    Path("registry.toml"),
)


def message(seq: int, samples: list[tuple[float, int]], **keys: Any) -> wire.Message:
    """A message with `samples` of (seconds since the start, litres on the register)."""
    base_s = samples[0][0]
    records = tuple(
        wire.Record(n="water.total", u="m3", v=litres / 1000, r=0.001, t=at_s - base_s)
        for at_s, litres in samples
    )
    return wire.Message(dev="wm-1", seq=seq, t=START_S + base_s, e=records, **keys)


def fed(
    pipeline: Pipeline, messages: list[wire.Message], delay_s: float = 5.0
) -> list[list[Finding]]:
    """The findings of each message, each received shortly after its newest event."""
    return [list(pipeline.step(entry)) for entry in entries(pipeline, messages, delay_s)]


def entries(
    pipeline: Pipeline, messages: list[wire.Message], delay_s: float = 5.0
) -> list[Admitted]:
    """The journal entries of `messages`, received in this order."""
    made = []
    received_s = 0.0
    for sent in messages:
        newest_s = sent.t + max(record.t or 0.0 for record in sent.e)
        received_s = max(received_s, newest_s + delay_s)
        received_ns = int(received_s * SECOND_NS)
        admission = pipeline.gate.admit(TOPIC, wire.encode(sent), received_ns)
        assert admission.message is not None, admission
        made.append(Admitted((admission.message,)))
    return made


def listening() -> Pipeline:
    """A pipeline whose link has been up since the start."""
    pipeline = Pipeline(REGISTRY)
    pipeline.step(Link(up=True, at_ns=START_S * SECOND_NS))
    return pipeline


def hours(at_ns: int) -> float:
    """Hours since the start."""
    return (at_ns - START_S * SECOND_NS) / HOUR_NS
