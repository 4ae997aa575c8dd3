"""What may be set about the fold."""

from pydantic import Field

from edge.settings import Settings


class PipelineSettings(Settings):
    """How local times are written, and how many message names a device is remembered by."""

    utc_offset_h: float = Field(8.0, ge=-12, le=14)
    identities: int = Field(128, ge=1, le=100_000)
