"""Who is on duty in a simulated estate, and when each is told.

Pure: TOML text in the form that the gateway reads, so that a demo runs on the same files
as a community does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import starmap

WORKER_NUMBER = "13800000001"
BACKUP_NUMBER = "13800000002"
STREET_NUMBER = "13800000003"

WELFARE_WORDS = """\
title_zh = "长时间未用水"
title_en = "No water used"
short_zh = "请上门看望"
short_en = "visit now"
action_zh = "请立即上门看望；无人应答时联系家属，必要时报警并拨打 120。"
action_en = "Visit at once. If nobody answers, call the family; if need be police and ambulance."
"""
"""What people are told of a home that has used no water, as lines of a plan."""

PLANS = f"""\
version = 1

[[plan]]
id = "welfare"
category = "welfare"
tier = 1
{WELFARE_WORDS}ack_within = "15 min"
on_clear = "stand_down"

[[plan.step]]
after = "0 s"
roles = ["grid_worker"]
channels = ["sms", "webhook"]

[[plan.step]]
after = "10 min"
roles = ["backup"]
channels = ["sms"]

[[plan.step]]
after = "30 min"
roles = ["street"]
channels = ["sms", "webhook"]
repeat = "30 min"
repeat_max = 4

[[plan]]
id = "urgent"
category = "*"
tier = 1
title_zh = "紧急情况"
title_en = "Emergency"
short_zh = "请立即处置"
short_en = "act now"
action_zh = "请立即到场处置并回报。"
action_en = "Go there at once and report."
ack_within = "15 min"
on_clear = "keep"

[[plan.step]]
after = "0 s"
roles = ["grid_worker", "street"]
channels = ["sms", "webhook"]
repeat = "10 min"
repeat_max = 12

[[plan]]
id = "important"
category = "*"
tier = 2
title_zh = "重要情况"
title_en = "Needs attention"
short_zh = "请尽快处置"
short_en = "act soon"
action_zh = "请尽快处置并回报。"
action_en = "Act soon and report."
ack_within = "4 h"
on_clear = "stand_down"

[[plan.step]]
after = "0 s"
roles = ["grid_worker"]
channels = ["webhook"]
repeat = "1 h"
repeat_max = 4

[[plan]]
id = "general"
category = "*"
tier = 3
title_zh = "设备需检查"
title_en = "Check a device"
short_zh = "请检查设备"
short_en = "check it"
action_zh = "请在今天内检查设备和通信。"
action_en = "Check the device and its link today."
ack_within = "24 h"
on_clear = "stand_down"

[[plan.step]]
after = "0 s"
roles = ["maintainer"]
channels = ["webhook"]
repeat = "24 h"
repeat_max = 7
"""


@dataclass(frozen=True, slots=True)
class Duty:
    """One person: `sms` or `webhook` may be empty where they have none."""

    id: str
    name: str
    role: str
    sms: str
    webhook: str


def people(hook_url: str) -> tuple[Duty, ...]:
    """The people of the estate; all webhooks go to `hook_url`."""
    return (
        Duty("wang", "王芳", "grid_worker", WORKER_NUMBER, f"{hook_url}/wang"),
        Duty("li", "李强", "backup", BACKUP_NUMBER, ""),
        Duty("zhao", "赵敏", "street", STREET_NUMBER, f"{hook_url}/zhao"),
        Duty("chen", "陈师傅", "maintainer", "", f"{hook_url}/chen"),
    )


def roster_text(site: str, hook_url: str) -> str:
    """The roster file; everybody answers for the whole of `site`."""
    return roster_of((duty, site) for duty in people(hook_url))


def roster_of(duties: Iterable[tuple[Duty, str]]) -> str:
    """The roster file of these people, each answering for the area that stands with them."""
    return "\n".join(["version = 1", "", *starmap(_person, duties)])


def _person(duty: Duty, area: str) -> str:
    addresses = [
        f'{channel} = "{address}"\n'
        for channel, address in (("sms", duty.sms), ("webhook", duty.webhook))
        if address
    ]
    return (
        f'[[person]]\nid = "{duty.id}"\nname = "{duty.name}"\nroles = ["{duty.role}"]\n'
        f'areas = ["{area}"]\nlang = "zh"\n' + "".join(addresses)
    )
