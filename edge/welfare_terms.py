"""What is agreed about the watch over one resident: fixed terms, a routine, times away."""

from pydantic import AwareDatetime, Field, field_validator, model_validator

from edge.settings import DurationS, Settings
from edge.signs.base import sign_names

WINDOW_S_MAX = 72 * 3600
"""Longest welfare window: the meters' memory of 96 h less a day of margin."""
AWAYS_MAX = 50


class WelfareTerms(Settings):
    """Less than `threshold_l` litres within `window_s` seconds is worth a look."""

    window_s: DurationS = Field(43_200.0, alias="window", ge=3600, le=WINDOW_S_MAX)
    threshold_l: float = Field(10.0, gt=0, le=10_000)


class RoutineTerms(Settings):
    """A home quieter than its own routine is worth a look, so often a month as can be borne.

    `alarms_per_month` is the mean over homes: one whose resident is often away has more. Where a
    door tells who goes out, absences are known, and far fewer need be borne. Another number may be
    on trial beside it, as the rule `routine-trial`. With `tuned`, outcomes move the number within
    the bounds of `edge.tuning`. `motion` says that what a motion sensor of the home sees is the
    resident: no pet, and nothing that stirs by itself. `signs` are looked
    for in the home's other streams, where its door tells who goes out (`edge.signs`). No wait is
    longer than `longest_s`, whatever the home's past, the outcomes or a budget make of it: the
    city's rule.
    """

    alarms_per_month: float = Field(1.0, ge=0.7, le=4.0)
    alarms_per_month_with_door: float = Field(0.1, ge=0.05, le=1.0)
    trial_alarms_per_month: float | None = Field(None, ge=0.7, le=4.0)
    tuned: bool = False
    motion: bool = False
    signs: tuple[str, ...] = ()
    longest_s: DurationS | None = Field(None, alias="longest", ge=6 * 3600, le=96 * 3600)

    @field_validator("signs")
    @classmethod
    def _are_there(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(names) - set(sign_names()))
        if unknown:
            raise ValueError(f"no sign {', '.join(unknown)}; there are {', '.join(sign_names())}")
        return names

    def budget(self, scale: float) -> float:
        """The alarms a month to judge by, where outcomes have made `scale` of what was agreed."""
        return (
            min(4.0, max(0.7, self.alarms_per_month * scale))
            if self.tuned
            else self.alarms_per_month
        )

    def budget_with_door(self, scale: float) -> float:
        """The same for a home whose door tells who goes out."""
        scaled = self.alarms_per_month_with_door * (scale if self.tuned else 1.0)
        return min(1.0, max(0.05, scaled))

    def on_trial(self, alarms_per_month: float) -> "RoutineTerms":
        """These terms with another number; that for homes with a door is changed as much."""
        scaled = self.alarms_per_month_with_door * alarms_per_month / self.alarms_per_month
        with_door = min(1.0, max(0.05, scaled))
        changed = {"alarms_per_month": alarms_per_month, "alarms_per_month_with_door": with_door}
        return self.model_copy(update=changed | {"tuned": False})


class Away(Settings):
    """A resident said that they would be away from `start` until `end`."""

    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Away":
        if self.end <= self.start:
            raise ValueError("to is not after from")
        return self
