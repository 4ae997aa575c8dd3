"""What may be set about the fold."""

from pydantic import Field, field_validator

from edge.rule_names import tunable_rules
from edge.settings import Settings


class PipelineSettings(Settings):
    """How local times are written, and how many message names a device is remembered by.

    `tuned` are the rules that outcomes may move within the bounds that they declare.
    """

    utc_offset_h: float = Field(8.0, ge=-12, le=14)
    identities: int = Field(128, ge=1, le=100_000)
    tuned: tuple[str, ...] = ()

    @field_validator("tuned")
    @classmethod
    def _may_be_tuned(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := sorted(set(names) - set(tunable_rules())):
            raise ValueError(f"{wrong} cannot be tuned; {', '.join(sorted(tunable_rules()))} can")
        return names

    def leeway(self) -> dict[str, float]:
        """The rules in `tuned`, each with the most that its scale may come to."""
        return {name: tunable_rules()[name] for name in self.tuned}
