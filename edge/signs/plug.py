"""One device at a plug that measures: a kettle, a television, a rice cooker."""

from types import MappingProxyType

from edge.reading import Kind
from edge.signs.base import Sign, Source

PLUG = Sign(
    name="plug",
    kind=Kind.PLUG,
    unit="Wh",
    least=20.0,
    channels=MappingProxyType(
        {"elec.total": Source(1_000.0), "elec.power": Source(1.0, is_rate=True)}
    ),
    words=("插座", "plug"),
)
