"""The words of a reply: what each stands for, and which say nothing either way.

A word is listed whole, with what people wrongly type for it. What denies, doubts or asks
(没, 不, 未, 吗, 可能) stands on no list but inside whole phrases of one meaning (没事,
没人应), so that a text with it is asked back about.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Sense(StrEnum):
    """One thing that a text can say."""

    HEARD = "heard"
    GOING = "going"
    ARRIVED = "arrived"
    FALSE_ALARM = "false_alarm"
    DEVICE_FAULT = "device_fault"
    FAMILY_CONFIRMED = "family_confirmed"
    DONE = "done"
    HELP = "help"
    AWAY = "away"  # why it was false; says nothing by itself
    TROUBLE = "trouble"  # why help is asked for; says nothing by itself


IMPLIED: Mapping[Sense, frozenset[Sense]] = MappingProxyType(
    {
        Sense.HEARD: frozenset(),
        Sense.GOING: frozenset({Sense.HEARD}),
        Sense.ARRIVED: frozenset({Sense.HEARD}),
        Sense.DONE: frozenset({Sense.HEARD, Sense.ARRIVED}),
        Sense.FALSE_ALARM: frozenset({Sense.HEARD, Sense.ARRIVED, Sense.DONE, Sense.AWAY}),
        Sense.DEVICE_FAULT: frozenset({Sense.HEARD, Sense.ARRIVED, Sense.DONE}),
        Sense.FAMILY_CONFIRMED: frozenset({Sense.HEARD, Sense.ARRIVED, Sense.DONE, Sense.AWAY}),
        Sense.HELP: frozenset({Sense.HEARD, Sense.GOING, Sense.ARRIVED, Sense.TROUBLE}),
        Sense.AWAY: frozenset(),
        Sense.TROUBLE: frozenset(),
    }
)
"""What goes without saying once the key was said. Whoever is still going has resolved nothing,
so GOING is implied by no result: 没事，我去看看 is asked back about."""

_WORDS = {
    Sense.HEARD: """
        收到 已收到 收到了 收悉 已收悉 知道了 知道 已知道 知悉 已知悉 已知 明白 明白了 了解 已了解
        晓得了 晓得 已阅 收倒 守到 收道 己收到 以收到 知到了 知道啦 shoudao ok okay ack yes
        received roger copy 👌 👍""",
    Sense.GOING: """
        我去 我去看 我去看看 我去看一下 我去看下 我去一下 我去一趟 我去处理 我去现场 我去查看
        我去吧
        我来 我来吧 我来处理 我去支援 这就去 这就过去 我这就去 我这就过去 马上去 马上去看
        马上去看看
        马上过去 马上过去看看 马上过来 马上到 马上就到 马上就去 马上来 马上赶到 马上赶过去
        马上出发
        马上处理 立即去 立即前往 立刻去 立刻前往 立马去 立马过去
        现在去 现在就去 现在过去 现在就过去 我现在去 我现在过去 正在去 正在过去 正在赶去 正在赶来
        正在路上 在路上 在路上了 已在路上 我在路上 我在路上了 路上 路上了 已出发 出发 出发了
        我出发了
        正赶过去 赶过去 赶过去了 过去看看 去看看 去看一下 快到 快到了 就到 就来 就去 前往 正在前往
        已前往 我过去 我过去看看 我过去一下 我支援 我们支援 我来支援 我们来支援 我去帮忙
        我来帮忙 我们去
        我们来 正在赶往 准备出发 准备过去 我们去看看 我们过去 码上到 马上道 going omw coming""",
    Sense.ARRIVED: """
        已到 到了 已到达 到达 到场 已到场 我到了 我已到 我已到达 我已到场 到现场 到现场了 已到现场
        我到现场了 我已到现场 已抵达 抵达 抵达现场 已抵达现场 到达现场 已到达现场 在现场 我在现场
        已在现场 人在现场 到楼下了 已到楼下 到门口了 已到门口 到位 已到位 已到了 已赶到 刚到
        刚刚到 刚到现场 我已到了 平安到达 安全到达 平安抵达 安全抵达 平安到 安全到 己到 以到
        已道 人已到
        看过了 查看过了 去看了 已查看 已核实 已核实为 已见到老人 见到老人了 见到老人 见到人了
        已见到人
        我己到 yidao here arrived arrive""",
    Sense.FALSE_ALARM: """
        误报 是误报 属误报 属于误报 系误报 误报警 虚惊 虚惊一场 假警 假警报 假报警 报错 报错了
        误触
        误触发 误碰 不小心碰的 误爆 误抱 误暴 wubao false falsealarm""",
    Sense.DEVICE_FAULT: """
        设备坏了 设备坏 设备故障 设备有故障 设备问题 是设备问题 水表坏了 水表故障 表坏了
        电池没电了
        设备没电 设备没电了 传感器坏了 传感器故障 设备损坏 broken""",
    Sense.FAMILY_CONFIRMED: """
        家属确认 家人确认 家属已确认 家人已确认 家属确认平安 家人确认平安 家属说平安 家人说平安
        家属说没事 家人说没事 已联系家属 已联系家人 子女确认 子女确认平安""",
    Sense.DONE: """
        平安 没事 没事了 没事儿 人没事 一切平安 人平安 平安无事 都平安 老人平安 老人没事
        老人没事了
        老人很好 老人挺好 人好的 人很好 人安全 安全 老人安全 一切正常
        正常 情况正常 老人正常 无事 无异常 未见异常 没有异常 已处理 处理完了 处理好了 已处理好
        已处理完 处理完毕 已处置 处置完毕 已解决 解决了 搞定 搞定了 办好了 已办好 办结 已办结 平按
        平安了 pingan safe done resolved fixed""",
    Sense.HELP: """
        需要支援 支援 请求支援 请支援 求支援 要支援 求助 求援 需要帮助 需要帮忙 请求帮助 要帮忙
        来人帮忙 快来人 快来帮忙 快帮忙 请派人 请派人来 请加派人手 需要人手 需要增援 请求增援
        增援 救命
        叫救护车 快叫救护车 请叫救护车 需要救护车 打120 叫120 请打120 需要120 支缘 之援 help""",
    Sense.AWAY: """
        人出门了 老人出门了 出门了 人外出了 老人外出 外出了 人不在家 老人不在家 去女儿家了
        去儿子家了
        住院了 回老家了 旅游去了""",
    Sense.TROUBLE: """
        没人应 没人应答 无人应答 没人开门 无人开门 敲门没人应 敲门无人应答 没人回应 老人摔倒了
        摔倒了
        老人摔倒 摔倒 受伤了 老人受伤 晕倒了 老人晕倒 老人不舒服 不舒服 门打不开 进不去 情况紧急
        快""",
}
WORDS: Mapping[str, Sense] = MappingProxyType(
    {word: sense for sense, words in _WORDS.items() for word in words.split()}
)

# Politeness, padding, and promises that change nothing.
_FILLERS = """
    谢谢 谢谢您 谢谢你 多谢 感谢 辛苦了 辛苦 麻烦了 好的 好 好嘞 好滴 好呀 嗯 嗯嗯 行 您好 你好
    您 你好呀 了 的 哦 喔 噢 哈 哈哈 啊 呀 啦 哒 咯 嘞 哟 我 我们 这边 这里 请放心 放心 放心吧
    请知悉
    领导 主任 书记 站长 组长 老师 师傅 各位 同志 指挥中心 值班室 值守台 早上好 上午好 中午好
    下午好
    晚上好 晚安 再见 编号 代码 号码 回复 回 选 选择 按 加 答 是 经查 经核实 报告 汇报 回报 现场
    老人 老人在家 在家 人在家 在家里 有情况再报
    有情况再说 有情况再汇报 有事再联系 有消息再报 稍后汇报 稍后回报 稍后报告 随后汇报 到了再报
    到了再说
    到了汇报 到了回复 到了告诉您 到了告诉你 到后汇报 到后回复 到后报告 到场后汇报 处理完汇报
    处理完再报
    处理完告诉您 please pls thanks thank you sir alarm i am im now
    谢谢关心 正在查看 正在处理 在家看电视 在家休息 在家睡觉 在家吃饭 在家做饭 看电视 睡觉 休息
    我就在附近 就在附近 在附近 我在附近 that 🙏 😊 🙂
"""
FILLERS = frozenset(_FILLERS.split())
TOKENS = tuple(sorted((*WORDS, *FILLERS), key=len, reverse=True))
"""Longest first: a word within a longer one is not that word."""
