"""What the gateway decided about rules, as it stands in the registry that it pushes.

Two people stand behind each mode there; the edge goes by it as by its own settings.
"""

from typing import Annotated

from pydantic import Field

from edge.mode import Mode
from edge.settings import Settings

GIVEN_MAX = 200
Name = Annotated[str, Field(max_length=100)]


class GivenRules(Settings):
    """The modes of some rules, or of rules in one home; and how often which was put back by hand.

    Whether there are such rules is not looked at here: an older edge knows fewer.
    """

    modes: dict[Name, Mode] = Field({}, max_length=GIVEN_MAX)
    agreed: dict[Name, Annotated[int, Field(ge=1)]] = Field({}, max_length=GIVEN_MAX)
