"""The home's electricity: a kettle, a stove, a lamp too many to be the fridge."""

from types import MappingProxyType

from edge.reading import Kind
from edge.signs.base import Sign, Source

ELECTRICITY = Sign(
    name="elec",
    kind=Kind.ELEC,
    unit="Wh",
    least=60.0,  # a kettle for a pot of tea; a fridge's hour differs from the next by 30
    channels=MappingProxyType(
        {"elec.total": Source(1_000.0), "elec.power": Source(1.0, is_rate=True)}
    ),
    words=("用电", "electricity"),
)
