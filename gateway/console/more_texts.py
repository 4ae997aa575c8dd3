"""The texts that have files of their own, one for each theme, as one table: see texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.console.absence_texts import ABSENCE
from gateway.console.access_texts import ACCESS
from gateway.console.audit_texts import AUDIT
from gateway.console.campaign_texts import CAMPAIGN
from gateway.console.closing_texts import CLOSING
from gateway.console.crowd_texts import CROWD
from gateway.console.electric_texts import ELECTRIC
from gateway.console.hazard_texts import HAZARD
from gateway.console.install_texts import INSTALL
from gateway.console.meter_texts import METER
from gateway.console.plan_change_texts import PLAN_CHANGE
from gateway.console.plan_texts import PLAN
from gateway.console.quiet_texts import QUIET
from gateway.console.roster_texts import ROSTER
from gateway.console.ruling_texts import RULING

_THEMES = (
    ABSENCE,
    ACCESS,
    AUDIT,
    CAMPAIGN,
    CLOSING,
    CROWD,
    ELECTRIC,
    HAZARD,
    INSTALL,
    METER,
    PLAN_CHANGE,
    PLAN,
    QUIET,
    ROSTER,
    RULING,
)
MORE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {key: both for theme in _THEMES for key, both in theme.items()}
)
