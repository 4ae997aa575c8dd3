"""Whether families are asked how they found the service."""

from pydantic import Field

from edge.settings import Settings


class FeedbackSettings(Settings):
    """Whether the family is asked after a close, and for how many days they may answer."""

    enabled: bool = False
    days: int = Field(default=7, ge=1, le=60)
