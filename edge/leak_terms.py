"""What is agreed about a home whose meter looks for leaks."""

from pydantic import Field

from edge.settings import DurationS, Settings


class LeakTerms(Settings):
    """Water without a pause for `window_s`, or fast for `running_s`, is worth a look.

    Fast is `running_l_per_h`, which a running tap gives and a home seldom uses for hours;
    `burst_l_per_h` for half an hour or more is more than taps give.
    """

    window_s: DurationS = Field(86_400.0, alias="window", ge=43_200, le=259_200)
    running_s: DurationS = Field(10_800.0, alias="running", ge=3_600, le=43_200)
    running_l_per_h: float = Field(120.0, gt=0, le=10_000)
    burst_l_per_h: float = Field(900.0, gt=0, le=100_000)
