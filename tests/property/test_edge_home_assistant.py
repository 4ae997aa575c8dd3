"""Any site is announced under ids and topics that are valid and unique."""

import re
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from edge.device_state import statements
from edge.home_assistant import HomeAssistantSettings, discovery
from edge.pipeline import Pipeline
from edge.reading import Kind
from edge.registry import Registry
from tests.contract.readings import NOW_NS

CODES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,31}", fullmatch=True)
UNITS = st.dictionaries(CODES, st.tuples(CODES, st.booleans()), min_size=1, max_size=5)
DEVICES = st.dictionaries(CODES, st.tuples(st.sampled_from(Kind), st.integers(0, 99)), max_size=8)
NODE = re.compile(r"homeassistant/device/[a-zA-Z0-9_-]+/config")


@given(CODES, UNITS, DEVICES)
def test_topics_and_ids_are_valid_and_unique(
    site: str, units: dict[str, tuple[str, bool]], devices: dict[str, tuple[Kind, int]]
) -> None:
    codes = list(units)
    registry = Registry.parse({
        "version": 1, "site": site,
        "unit": [
            {"code": code, "building": building, "care": ["alone"] if alone else []}
            for code, (building, alone) in units.items()
        ],
        "device": [
            {"id": name, "kind": kind.value, "unit": codes[number % len(codes)]}
            for name, (kind, number) in devices.items()
        ],
    }, Path("registry.toml"))  # fmt: skip
    pipeline = Pipeline(registry)
    subjects = pipeline.devices(), pipeline.homes()
    said = list(statements(registry, *subjects, NOW_NS))
    assert len({to for to, _ in said}) == len(said)
    told = list(discovery(HomeAssistantSettings(), registry, "e01", subjects, NOW_NS))
    assert len({to for to, _ in told}) == len(told)
    ids: list[str] = []
    for to, payload in told:
        assert NODE.fullmatch(to)
        config = msgspec.json.decode(payload)
        assert config["state_topic"] in dict(said)
        ids += [part["unique_id"] for part in config["cmps"].values()]
    assert len(set(ids)) == len(ids)
