"""The home's gas: a meal cooked, water heated for a shower."""

from types import MappingProxyType

from edge.reading import Kind
from edge.signs.base import Sign, Source

GAS = Sign(
    name="gas",
    kind=Kind.GAS,
    unit="L",
    least=25.0,  # five minutes of one burner; a pilot flame takes ten an hour, and evenly
    channels=MappingProxyType({"gas.total": Source(1_000.0)}),
    words=("用气", "gas"),
)
