"""The texts about provisioning, in Chinese and English side by side: see texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

INSTALL: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "edges.registry": ("登记册第 {version} 版", "registry version {version}"),
        "edges.registry_behind": (
            "登记册第 {version} 版，落后 {behind} 版",
            "registry version {version}, {behind} behind",
        ),
        "nav.install": ("安装", "Install"),
        "install.title": ("设备安装", "Install a device"),
        "install.code": ("标签上的代码", "Code on the label"),
        "install.unit": ("住户代码", "Code of the home"),
        "install.submit": ("绑定", "Claim"),
        "install.devices": ("住户 {unit} 的设备", "Devices in {unit}"),
        "install.none": ("这里还没有设备", "No device hangs here"),
        "install.never": ("尚未收到消息", "not heard yet"),
        "install.seen": ("{age}前收到（{edge}）", "seen {age} ago by {edge}"),
        "install.applied": ("边缘站已启用登记", "the edge knows it"),
        "install.pending": ("登记正在下发", "on its way to the edge"),
        "install.next": ("安装下一台", "Install another"),
        "install.strangers": ("已收到消息、尚未绑定", "Heard, but not claimed"),
        "claim.not_a_code": ("这不是本系统的标签代码", "That is not the code of a label"),
        "claim.wrong_check": ("代码有误，请重新扫描或输入", "Misread; scan or type it again"),
        "claim.not_ours": ("此标签不是本社区的", "This label is not of this site"),
        "claim.claimed_already": ("此设备已绑定在这里", "The device is claimed already"),
        "claim.bound_elsewhere": (
            "此设备已绑定在另一住户，请联系值班员",
            "Claimed for another home; ask an operator",
        ),
        "claim.retired": ("此设备已报废", "The device was retired"),
        "claim.no_such_unit": ("没有这个住户代码", "There is no home of that code"),
        "measure.reason": ("原因：{value}", "reason: {value}"),
    }
)
