"""How long the gateway remembers what is over: the table [retention]."""

from pydantic import Field

from edge.settings import DurationS, Settings

_DAY_S = 86_400.0


class RetentionSettings(Settings):
    """How long is kept what no open incident needs.

    `ended`: an ended incident with all about it, from its last change. `unasked`: findings that
    opened no incident, texts and answers about none, and bundles whose incidents are forgotten.
    `history`: plans by which no incident goes, proposals for them and changes of the roster, from
    when something newer took their place.
    """

    ended: DurationS = Field(default=730 * _DAY_S, ge=30 * _DAY_S)
    unasked: DurationS = Field(default=90 * _DAY_S, ge=_DAY_S)
    history: DurationS = Field(default=730 * _DAY_S, ge=30 * _DAY_S)
