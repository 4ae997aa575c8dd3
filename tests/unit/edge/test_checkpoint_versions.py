"""A checkpoint of the version before is read; others are refused, and the journal is replayed."""

from typing import Any

import pytest
from msgspec import msgpack

from edge.checkpoint import CheckpointError
from edge.pipeline import Pipeline
from tests.unit.edge.blocks import Block, block

_METERS, _DEVICES = 2, 3
_TIMES, _BOOTS = 0, 2
_RHYTHM = 4


def lived() -> Pipeline:
    site = Block()
    site.live(0, 30)
    return site.pipeline


def as_version_2(blob: bytearray) -> bytes:
    """What was written when every sample had its boot, and gaps were also kept by their length."""
    _, state = msgpack.decode(blob)
    for meter in state[_METERS].values():
        meter[_BOOTS] *= len(meter[_TIMES]) // 8
    for device in state[_DEVICES].values():
        for gaps in device[_RHYTHM][4:]:
            gaps.append(sorted(gaps[0]))
    return msgpack.encode([2, state])


def of_version(number: int, blob: bytearray) -> bytes:
    state: Any = msgpack.decode(blob)[1]
    return msgpack.encode([number, state])


def test_what_the_version_before_wrote_is_taken_up_whole() -> None:
    blob = lived().dump()
    restored = Pipeline(block())
    restored.restore(as_version_2(blob))
    assert restored.dump() == blob


@pytest.mark.parametrize("number", [1, 4])
def test_a_version_that_is_not_known_is_refused_by_its_number(number: int) -> None:
    with pytest.raises(CheckpointError, match=f"version {number}"):
        Pipeline(block()).restore(of_version(number, lived().dump()))
