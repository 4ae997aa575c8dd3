"""Which alerts of Prometheus and its kin become incidents of ours, and which: [alertmanager]."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from edge.settings import Settings
from edge.topic import is_segment
from gateway.access.bearer import BearerToken

LabelName = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]{0,63}$")]
LabelValue = Annotated[str, Field(max_length=256)]
TierNumber = Literal[1, 2, 3]


class MapRule(Settings):
    """Alerts that have all labels of `match` are of this category and tier, at this place.

    Without `subject` the place is what the alert's own label says.
    """

    match: dict[LabelName, LabelValue] = Field(min_length=1, max_length=16)
    category: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")
    tier: TierNumber
    subject: str | None = Field(default=None, max_length=160)

    @field_validator("subject")
    @classmethod
    def _is_a_place(cls, subject: str | None) -> str | None:
        if subject is not None and not all(is_segment(part) for part in subject.split("/")):
            raise ValueError("write a place by its codes, as in places.toml: s01/b01")
        return subject


class AlertmanagerSettings(Settings):
    """Who may bring alerts, and what they mean here; the first rule that matches holds.

    An alert that no rule matches is important when its severity is critical, else general.
    `subject_label` is the label that names the place by its codes; without it, it is the site.
    """

    token: BearerToken
    category: str = Field(default="outside", pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")
    subject_label: LabelName = "subject"
    rule: tuple[MapRule, ...] = Field(default=(), max_length=200)
