"""The texts about who is on duty and who was chosen, in both languages: see texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

ROSTER: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "role.volunteer": ("志愿者", "Volunteer"),
        "lack.unmanned": ("没有人担任", "nobody has the role"),
        "lack.off_duty": ("无人在岗，已找后备", "nobody on duty; others were told"),
        "lack.phones": ("在岗人员手机未送达，已加派", "phones not answering; more were told"),
    }
)
