"""The wire to InfluxDB: its settings, and a sink for each of its two ways to write.

A sink sends one write and says what became of it; it keeps nothing and tries nothing again.
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol, Self, cast, runtime_checkable

from pydantic import Field, SecretStr, model_validator

from edge.address import HttpUrl
from edge.influx_answer import Answer
from edge.settings import DurationS, Settings


class InfluxSettings(Settings):
    """Which InfluxDB is fed, and over which of its interfaces; secrets never print.

    `v1` (`/write`) is served by InfluxDB 1, 2 and 3; `v2` (`/api/v2/write`) by 1.8, 2 and 3,
    with `database` as the bucket and the secret as the token; a username then means a proxy
    in front that asks for both. `backfill_per_s` bounds the points of a backlog, not of news.
    """

    url: HttpUrl
    api: Literal["v1", "v2"] = "v1"
    database: str = Field(min_length=1)
    org: str = ""
    username: str | None = None
    secret: SecretStr | None = None
    secret_file: Path | None = None
    timeout: DurationS = Field(default=10.0, gt=0)
    backfill_per_s: int = Field(default=5_000, ge=1, le=1_000_000)

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if self.secret is not None and self.secret_file is not None:
            raise ValueError("give secret or secret_file, not both")
        return self

    def key(self) -> str:
        """The password or token, read from its file when it is kept in one; raises OSError."""
        if self.secret_file is not None:
            return self.secret_file.read_text("utf-8").strip()
        return "" if self.secret is None else self.secret.get_secret_value()


@runtime_checkable
class Guarded(Protocol):
    """A sink whose server can run without guarding what it holds."""

    async def is_open(self) -> bool:
        """Whether it would obey anybody, asked without credentials; false when it is away."""
        ...


class Sink(Protocol):
    """A server that takes lines."""

    async def write(self, lines: Sequence[str]) -> Answer:
        """Send one write; what the server, or the lack of one, means for its lines."""
        ...

    async def aclose(self) -> None:
        """Give the connection up."""
        ...


def sink(settings: InfluxSettings) -> Sink:
    """The sink that `settings` name, not yet connected."""
    # Only who writes so pays for the library: of the memory of a small edge 7 MB for v1, 26 MB
    # for v2.
    if settings.api == "v1":
        return cast("Sink", import_module("edge.influx_v1").V1Sink(settings))
    return cast("Sink", import_module("edge.influx_v2").V2Sink(settings))
