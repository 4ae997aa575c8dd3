"""Every text of the console, in Chinese and English side by side.

Plain words of the field: no "MQTT", no "anomaly score". A key names where a text stands;
`{name}` in it is filled by the caller.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from alerts.channels.catalog import kinds
from gateway.console.more_texts import MORE


class Lang(StrEnum):
    """A language of the console."""

    ZH = "zh"
    EN = "en"

    @property
    def tag(self) -> str:
        """The language tag for HTML."""
        return "zh-CN" if self is Lang.ZH else "en"


class Words(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str


def say(lang: Lang, key: str, **values: object) -> str:
    """The text of `key` in that language, filled with `values`.

    Raises:
        KeyError: no such key, or a value is missing.
    """
    words = TEXTS[key]
    return (words.zh if lang is Lang.ZH else words.en).format(**values)


_FRAME = {
    "name": Words("守望", "Shouwang"),
    "tagline": Words("独居居民用水守护", "Keeping watch over residents living alone"),
    "skip": Words("跳到正文", "Skip to content"),
    "nav.incidents": Words("事件", "Incidents"),
    "nav.units": Words("住户", "Homes"),
    "nav.edges": Words("边缘站", "Edges"),
    "nav.label": Words("主导航", "Main"),
    "lang.other": Words("English", "中文"),
    "lang.other_tag": Words("en", "zh-CN"),
    "large.on": Words("大字", "Large text"),
    "large.off": Words("标准字", "Normal text"),
    "sign_out": Words("退出", "Sign out"),
    "live.on": Words("实时", "Live"),
    "live.off": Words(
        "连接中断，页面可能不是最新", "Connection lost; this page may be out of date"
    ),
    "loaded_at": Words("页面更新于 {time}", "Page as of {time}"),
}
_LOGIN = {
    "login.title": Words("登录", "Sign in"),
    "login.login": Words("账号", "Account"),
    "login.password": Words("密码", "Password"),
    "login.submit": Words("登录", "Sign in"),
    "login.refused": Words("账号或密码不对。", "The account or the password is not right."),
    "login.wait": Words("尝试太频繁，请 {wait} 后再试。", "Too many tries. Try again in {wait}."),
    "login.promise": Words(
        "数据缺失显示为「未知」，绝不当作平安。",
        'Missing data shows as "unknown", never as "all is well".',
    ),
}
_LEVELS = {
    "tier.1": Words("紧急", "Urgent"),
    "tier.2": Words("重要", "Important"),
    "tier.3": Words("一般", "General"),
    "tier.0": Words("信息", "Info"),
    "state.open": Words("立案", "Open"),
    "state.dispatched": Words("已派遣", "Dispatched"),
    "state.acknowledged": Words("已接单", "Acknowledged"),
    "state.on_site": Words("已到场", "On site"),
    "state.resolved": Words("已处置", "Resolved"),
    "state.verified": Words("已核查", "Verified"),
    "state.closed": Words("已结案", "Closed"),
    "state.merged": Words("已合并", "Merged"),
    "state.withdrawn": Words("已撤回", "Withdrawn"),
    "outcome.real": Words("真警", "Real"),
    "outcome.false_alarm": Words("误报", "False alarm"),
    "outcome.device_fault": Words("设备坏", "Device fault"),
    "outcome.drill": Words("演练", "Drill"),
    "outcome.family_confirmed": Words("家人确认平安", "Family says safe"),
    "timeliness.late": Words("迟到", "Late data"),
    "category.welfare": Words("人身安全", "Welfare"),
    "category.device": Words("设备", "Device"),
    "category.supply": Words("供水", "Water supply"),
    "rule.welfare": Words("长时间未用水", "No water use"),
    "rule.device_silent": Words("设备失联", "Device silent"),
    "rule.adapter_down": Words("采集网关离线", "Adapter down"),
    "rule.edge_down": Words("边缘站离线", "Edge down"),
    "rule.supply_outage": Words("疑似停水", "Water supply out"),
    "rule.device_fault": Words("设备故障", "Device fault"),
}
_CARDS = {
    "home.title": Words("待处理事件", "Open incidents"),
    "home.none": Words("没有待处理的事件", "No open incidents"),
    "home.none_more": Words(
        "这只表示没有未结案的事件；各户数据是否完整，请看「住户」。",
        "This means only that nothing is waiting. Whether data are complete: see Homes.",
    ),
    "home.more": Words("只显示最急的 {count} 件。", "Only the {count} most urgent are shown."),
    "home.recent": Words("最近结束", "Recently ended"),
    "card.since": Words("始于", "Since"),
    "card.opened": Words("立案", "Opened"),
    "card.data_until": Words("数据完整至", "Data complete to"),
    "card.owner": Words("负责人", "Owner"),
    "card.nobody": Words("还没有人接单", "Nobody has answered"),
    "card.next": Words("下次升级", "Next escalation"),
    "card.next_none": Words("不再升级", "No escalation pending"),
    "card.due_now": Words("正在通知", "Notifying now"),
    "card.cleared": Words("情况已解除，待人结案", "Condition has cleared; a person must close"),
    "card.details": Words("详情", "Details"),
    "act.acknowledge": Words("我去", "I will go"),
    "act.arrive": Words("已到场", "On site"),
    "act.support": Words("需要支援", "Need help"),
    "act.close": Words("结案…", "Close…"),
    "act.close_as": Words("结果是", "It was"),
    "act.reopen": Words("重新立案", "Reopen"),
    "act.verify": Words("核查", "Verify"),
    "act.resolve": Words("已处置", "Resolved"),
    "act.merge": Words("合并", "Merge"),
    "act.moved_on": Words(
        "这件事刚被别人更新过。下面是最新情况，请再看一眼再操作。",
        "Somebody updated this a moment ago. Here it is as it stands; look again, then act.",
    ),
    "act.illegal": Words("现在不能这样操作。", "That is not possible as things stand."),
}
_INCIDENT = {
    "incident.why": Words("为什么报警", "Why it fired"),
    "incident.told": Words("通知了谁", "Who was told"),
    "incident.told_none": Words("还没有发出通知", "Nobody has been told yet"),
    "incident.timeline": Words("经过", "Timeline"),
    "incident.curve": Words("用水曲线", "Water use"),
    "incident.rule": Words("规则", "Rule"),
    "incident.rule_version": Words("{rule}，第 {version} 版", "{rule}, version {version}"),
    "incident.worst_delay": Words("最迟发现用时", "Worst-case delay"),
    "incident.seen": Words("看到", "Seen"),
    "incident.usual": Words("平常", "Usual"),
    "incident.back": Words("返回", "Back"),
    "event.opened": Words("立案", "Opened"),
    "event.raised": Words("情况再次出现", "Condition is back"),
    "event.updated": Words("数据已更新", "Fresher data"),
    "event.cleared": Words("情况已解除", "Condition is over"),
    "event.absorbed": Words("情况更新", "Condition updated"),
    "event.withdrawn": Words(
        "撤回：通知发出前情况已解除", "Withdrawn: cleared before anybody was told"
    ),
    "event.step": Words("按预案通知", "Told by the plan"),
    "event.plan_hole": Words("预案缺人", "Plan hole: this step lacks its people"),
    "event.exhausted": Words("联系方式都已试过", "Every way to reach them was tried"),
    "event.hastened": Words(
        "上一步没有送达，提前升级", "Nobody was reached; next step brought forward"
    ),
    "event.unreachable": Words("没有可用的联系方式", "No way to reach them"),
    "event.stand_down": Words("通知解除", "Told to stand down"),
    "event.reply": Words("短信回复", "Text reply"),
    "event.link": Words("一次性链接", "One-time link"),
    "event.acknowledge": Words("接单", "Acknowledged"),
    "event.arrive": Words("到场", "On site"),
    "event.support": Words("请求支援", "Asked for help"),
    "event.resolve": Words("处置完成", "Resolved"),
    "event.verify": Words("核查", "Verified"),
    "event.close": Words("结案", "Closed"),
    "event.reopen": Words("重新立案", "Reopened"),
    "event.merge": Words("合并", "Merged"),
    "by.system": Words("系统", "System"),
}
_DELIVERIES = {
    **{f"channel.{kind.name}": Words(kind.zh, kind.en) for kind in kinds().values()},
    "purpose.alert": Words("报警", "Alert"),
    "purpose.support": Words("请求支援", "Help wanted"),
    "purpose.stand_down": Words("解除", "Stand-down"),
    "purpose.question": Words("追问", "Question"),
    "delivery.queued": Words("排队中", "Queued"),
    "delivery.submitted": Words("发送中", "Sending"),
    "delivery.unknown": Words("结果不明", "Outcome unknown"),
    "delivery.accepted": Words("通道已接收", "Accepted"),
    "delivery.delivered": Words("已送达", "Delivered"),
    "delivery.read": Words("已读", "Read"),
    "delivery.failed": Words("失败", "Failed"),
    "delivery.acked": Words("已回应", "Answered"),
}
_NAMES = {
    "role.grid_worker": Words("网格员", "Grid worker"),
    "role.backup": Words("后备人员", "Backup"),
    "role.street": Words("街道值班", "Street duty"),
    "role.family": Words("家属", "Family"),
    "role.property": Words("物业", "Property staff"),
    "role.maintainer": Words("维保人员", "Maintainer"),
    "measure.volume_l": Words("用水 {value} 升", "{value} L used"),
    "measure.volume_l_max": Words("至多用水 {value} 升", "at most {value} L used"),
    "measure.window_h": Words("时段 {value} 小时", "window of {value} h"),
    "measure.span_h": Words("已持续 {value} 小时", "for {value} h"),
    "measure.threshold_l": Words("阈值 {value} 升", "threshold {value} L"),
    "measure.silence_h": Words("无消息 {value} 小时", "silent for {value} h"),
    "measure.interval_min": Words("通常每 {value} 分钟一次", "normally every {value} min"),
    "measure.interval_s": Words("通常每 {value} 秒一次", "normally every {value} s"),
    "measure.interval_h": Words("通常每 {value} 小时一次", "normally every {value} h"),
    "measure.limit_h": Words("最多 {value} 小时", "at most {value} h"),
    "measure.homes": Words("{value} 户", "{value} homes"),
    "measure.devices": Words("{value} 台设备", "{value} devices"),
    "measure.hidden_homes": Words("{value} 户情况未知", "{value} homes unknown meanwhile"),
    "measure.down_h": Words("离线 {value} 小时", "down for {value} h"),
    "measure.report_at": Words("通常 {value} 上报", "usually reports at {value}"),
    "measure.spread_min": Words("前后相差 {value} 分钟", "give or take {value} min"),
    "measure.fault": Words("故障：{value}", "fault: {value}"),
}
_UNITS = {
    "units.title": Words("住户", "Homes"),
    "units.none": Words("登记册里没有住户", "The registry has no homes"),
    "units.col_place": Words("住处", "Home"),
    "units.col_status": Words("用水", "Water"),
    "units.col_data": Words("数据", "Data"),
    "units.col_open": Words("事件", "Incidents"),
    "units.more": Words("下一页", "Next page"),
    "use.used": Words("有用水", "In use"),
    "use.not_used": Words("未用水", "No use"),
    "use.unknown": Words("未知", "Unknown"),
    "use.fault": Words("设备故障", "Device fault"),
    "use.hidden.supply_outage": Words("停水，情况未知", "No supply; nothing is known"),
    "use.hidden.adapter_down": Words("采集网关离线，情况未知", "Adapter down; nothing is known"),
    "use.hidden.edge_down": Words("边缘站离线，情况未知", "Edge down; nothing is known"),
    "use.window": Words("最近 {hours} 小时", "Last {hours} h"),
    "use.never": Words("近期没有收到数据", "No recent data"),
    "use.stale": Words("数据已停 {age}", "No data for {age}"),
    "use.data": Words("最新数据", "Latest data"),
    "use.volume": Words("至少 {litres} 升", "at least {litres} L"),
    "unit.alone": Words("独居", "Lives alone"),
    "unit.incidents": Words("本户事件", "Incidents here"),
    "unit.none": Words("没有记录", "None on record"),
    "unit.range": Words("时段", "Period"),
    "unit.hours": Words("{count} 小时", "{count} h"),
    "unit.days": Words("{count} 天", "{count} d"),
    "unit.unavailable": Words("历史数据暂时读不到", "History cannot be read at the moment"),
}
_CHART = {
    "chart.title": Words("{place} 每小时用水量", "Water per hour, {place}"),
    "chart.desc": Words(
        "{start} 至 {end}。已知用水 {litres} 升，{unknown} 小时未知。",
        "{start} to {end}. {litres} L known, {unknown} h unknown.",
    ),
    "chart.unit": Words("升/时", "L/h"),
    "chart.known": Words("用水", "Use"),
    "chart.zero": Words("零用水（有数据）", "Zero, measured"),
    "chart.unknown": Words("未知（无数据）", "Unknown, no data"),
    "chart.episode": Words("报警时段", "Alert period"),
    "chart.until": Words("数据完整至 {time}", "Data complete to {time}"),
    "chart.table": Words("以表格查看", "View as a table"),
    "chart.col_hour": Words("时间", "Hour"),
    "chart.col_volume": Words("用水（升）", "Water (L)"),
    "chart.at_least": Words("至少 {litres}", "at least {litres}"),
    "chart.gap": Words("{start} 至 {end} 无数据", "No data {start} to {end}"),
    "chart.gap_total": Words(
        "{start} 至 {end} 无逐时数据，其间共用 {litres} 升",
        "No hourly data {start} to {end}; {litres} L in total between",
    ),
}
_SYSTEM = {
    "system.title": Words("系统", "System"),
    "system.ok": Words("通知通道工作正常", "Notification is working"),
    "system.cannot_notify": Words(
        "系统现在发不出通知，请人工值守并电话联系。",
        "The system cannot notify anybody now. Watch by hand and use the telephone.",
    ),
    "system.no_intake": Words(
        "系统现在收不到边缘站的消息，新的险情可能看不到。",
        "The system receives nothing from the edges now; new alerts may not show.",
    ),
    "system.no_edge": Words(
        "还没有边缘站报到，系统现在看不到任何住户的情况。",
        "No edge has reported yet; the system sees nothing of any home.",
    ),
    "system.refused": Words(
        "最近一天有 {count} 条预警消息无法读取，可能有险情未立案，请立即核对。",
        "{count} alert messages of the last day could not be read; alerts may be missing.",
    ),
    "system.orphans": Words(
        "有 {count} 件事件既没有人负责也没有下一步，请立即处理。",
        "{count} incidents have neither an owner nor a next step. Take them now.",
    ),
    "system.edge_down": Words("边缘站 {edge} 离线", "Edge {edge} is down"),
    "system.edge_unheard": Words(
        "还没有收到边缘站 {edge} 的新消息", "Edge {edge}: nothing new heard yet"
    ),
    "system.edge_clock": Words(
        "边缘站 {edge} 时钟不准，预警可能延误，请校时",
        "Edge {edge}: its clock is wrong; alerts may be missed. Set it.",
    ),
    "system.edge_time": Words(
        "边缘站 {edge} 不知道准确时间：其住户情况未知，已存 {count} 条消息待判，请检查校时",
        "Edge {edge} does not know the time: its homes are unknown; {count} messages wait.",
    ),
    "system.edge_clocks": Words(
        "边缘站 {edge} 的系统时钟与本机相差一分钟以上，请检查两台机器的校时",
        "Edge {edge}: its clock and ours are over a minute apart. Check NTP on both machines.",
    ),
    "system.edge_rules": Words(
        "边缘站 {edge} 有规则出错，部分住户未被监测",
        "Edge {edge}: a rule broke; some homes are not watched",
    ),
    "system.edge_flood": Words(
        "边缘站 {edge} 有设备发送过多，超出部分未接收：{devices}",
        "Edge {edge}: devices send far too much, and the surplus is refused: {devices}",
    ),
    "system.edge_stale": Words("边缘站 {edge} 已 {age}没有消息", "Edge {edge}: silent for {age}"),
    "system.intake": Words("上次收到消息", "Last message in"),
    "system.dispatcher": Words("通知程序心跳", "Dispatcher heartbeat"),
    "system.never": Words("尚未", "not yet"),
    "edges.title": Words("边缘站", "Edges"),
    "edges.none": Words("还没有边缘站报到", "No edge has reported yet"),
    "edges.edge": Words("编号", "Edge"),
    "edges.state": Words("状态", "State"),
    "edges.heard": Words("上次消息", "Last heard"),
    "edges.boot": Words("启动次数", "Boots"),
    "edges.health": Words("自检", "Health"),
    "edges.up": Words("在线", "Up"),
    "edges.down": Words("离线", "Down"),
    "edges.stale": Words("无消息", "Silent"),
}
_HEALTH = {
    "health.findings_unacked": Words("待确认的发现 {value}", "{value} findings not yet taken over"),
    "health.finding_oldest_unacked_s": Words("最早一条已等 {value} 秒", "oldest waits {value} s"),
    "health.link_up": Words("消息通道 {value}", "broker link {value}"),
    "health.journal_bytes": Words("日志 {value} MB", "journal {value} MB"),
    "health.influx_lag_entries": Words("待转存 {value} 条", "{value} entries not yet forwarded"),
}
_LINKS = {
    "link.title": Words("确认接单", "Confirm"),
    "link.ask": Words("确认由您前往查看吗？", "Will you go and see?"),
    "link.confirm": Words("我去", "I will go"),
    "link.done": Words("已记录：由您前往。谢谢。", "Recorded: you are going. Thank you."),
    "link.invalid": Words("这个链接已不能使用", "This link can no longer be used"),
    "link.invalid_more": Words(
        "它可能已用过、已过期或不完整。请按短信里的代码回复，或打开值守台。",
        "It may be used, expired or incomplete. Reply with the code in the text message, "
        "or open the console.",
    ),
    "error.404": Words("没有这个页面", "There is no such page"),
    "error.403": Words("您没有这个权限", "You may not do that"),
    "error.other": Words("这次没有办成", "That did not work"),
    "error.not_valid": Words(
        "填写的内容不符合要求，请返回后改正。",
        "Something was filled in wrongly; go back and mend it.",
    ),
    "error.no_such_area": Words(
        "没有这个范围代码，请返回后从列表中选择。", "There is no such area; go back and choose one."
    ),
    "error.no_such_home": Words(
        "没有这个住户代码，请返回后从列表中选择。", "There is no such home; go back and choose one."
    ),
    "error.home": Words("回到事件列表", "Back to the incidents"),
}
_TIME = {
    "time.today": Words("今天 {clock}", "today {clock}"),
    "time.yesterday": Words("昨天 {clock}", "yesterday {clock}"),
    "time.day": Words("{month}月{day}日 {clock}", "{day} {month} {clock}"),
    "time.now": Words("刚刚", "just now"),
    "time.ago": Words("{span}前", "{span} ago"),
    "span.s": Words("{count} 秒", "{count} s"),
    "span.min": Words("{count} 分钟", "{count} min"),
    "span.h": Words("{count} 小时", "{count} h"),
    "span.d": Words("{count} 天", "{count} d"),
}

TEXTS: Mapping[str, Words] = MappingProxyType(
    _FRAME
    | _LOGIN
    | _LEVELS
    | _CARDS
    | _INCIDENT
    | _DELIVERIES
    | _NAMES
    | _UNITS
    | _CHART
    | _SYSTEM
    | _HEALTH
    | _LINKS
    | _TIME
    | {key: Words(*both) for key, both in MORE.items()},
)
