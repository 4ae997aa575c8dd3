"""Replies as people type them, written by hand; CODE stands for the code of the message.

`MEANT` is grouped by what each reply means; `ASKED_BACK` has those that may not act.
"""

from alerts.incident import Act, Outcome

CODE = "1376"

MEANT: dict[tuple[Act, Outcome | None], str] = {
    (Act.ACKNOWLEDGE, None): """
        CODE1|CODE 1|CODE，1|CODE+1|CODE加1|１３７６１|１３７６ １|一三七六 一|壹叁柒陆 1|CODE收到
        CODE 收到！|收到CODE|收到，CODE|好的，收到 CODE|CODE 收到谢谢|CODE已收到|CODE 知道了
        CODE知道啦
        CODE明白|CODE 了解|CODE 已知悉|CODE 我去|CODE我去看看|CODE 我去看一下|CODE这就去
        CODE 马上过去
        CODE马上到|马上就到CODE|CODE 我马上过去看看|CODE 在路上了|CODE 我在路上|CODE 正在赶来
        CODE已出发
        CODE 十分钟后到|CODE 10分钟到|CODE 大概5分钟到|CODE半小时内到|CODE 二十分钟左右到达
        CODE快到了
        CODE 立即前往|CODE 我来处理|CODE 我去支援|CODE 我们马上过去|CODE收到，我马上去现场|CODE ok
        OK CODE|CODE okay thanks|CODE received|Roger CODE|CODE 👌|👍CODE|CODE收倒|CODE 守到
        CODE己收到
        CODE 以收到|CODE知到了|CODE shoudao|收到。我马上过去看看。有情况再报。CODE
        您好，CODE收到，马上过去，请放心|CODE 好的主任，我这就过去|编号CODE 收到|回复CODE 1
        选1 CODE
        领导好，CODE 已收到，辛苦了|CODE 嗯嗯收到啦|CODE收到了哈|CODE 收到[OK]|CODE 已经在路上了
        收到|收到！|好的收到|OK, thanks|1|一|①|我马上去|现在过去|马上到，到了再报
        CODE 我马上上楼看看|CODE收到请放心|CODE 正在往那边走|CODE 现在就去看|CODE 好的我过去一趟
        CODE 知道了谢谢领导|收到CODE，五分钟到
        CODE 1 马上到|CODE 我就在附近，马上到|CODE 骑车过去，约10分钟到|CODE收到！！！
        CODE 好的好的，马上去|CODE 明白，这就过去|嗯，收到 CODE
        CODE 了解，立刻出发|CODE copy that""",
    (Act.ARRIVE, None): """
        CODE2|CODE 2|CODE，２|CODE二|CODE 两|CODE已到|CODE 已到|已到 CODE|CODE到了|CODE 我到了
        CODE已经到了
        CODE 已到达|CODE 已到现场|CODE到现场了|CODE 已经到现场|CODE 到达现场|CODE抵达
        CODE 我在现场
        CODE 人在现场|CODE 到楼下了|CODE已到门口|CODE 到位|CODE 刚到|CODE安全到达
        CODE 平安到达现场
        CODE收到 已到|CODE 收到，我到了|CODE以到|CODE 己到|CODE已道|CODE arrived|I am here CODE
        您好 CODE 已到现场，处理完汇报|2|到了|已到场
        CODE 我已经到楼下了|CODE 到了到了|CODE 人已到|CODE 已到达现场，正在查看|CODE 到家门口了
        CODE 2 已到|CODE 我到现场啦
        CODE 已经在现场了""",
    (Act.RESOLVE, Outcome.FALSE_ALARM): """
        CODE3|CODE 3|CODE三|CODE误报|误报CODE|CODE 是误报|CODE 误报，老人没事|CODE已到，误报
        CODE 虚惊一场
        CODE属于误报|CODE 误触|CODE假警|CODE误抱|CODE 误爆|CODE wubao|CODE False Alarm
        已到现场，误报。CODE
        CODE 误报，谢谢|CODE 经查 误报
        CODE 是误报，请放心|CODE 误报，人出门了|CODE 查看过了，误报|CODE 3误报|CODE 误报误报
        CODE 去看了，虚惊一场|CODE 已核实为误报""",
    (Act.RESOLVE, Outcome.DEVICE_FAULT): """
        CODE 设备故障|CODE设备坏了|CODE 水表坏了|CODE 已到，设备没电了|CODE 传感器故障，老人平安
        CODE 设备问题，一切正常""",
    (Act.RESOLVE, Outcome.FAMILY_CONFIRMED): """
        CODE 家属确认平安|CODE家人说没事|CODE 家属已确认|CODE 已联系家属，老人平安
        CODE子女确认平安""",
    (Act.RESOLVE, None): """
        CODE4|CODE 4|CODE四|CODE平安|CODE 人平安|CODE老人平安|CODE 老人没事|CODE没事了
        CODE 一切正常
        CODE老人在家，没事|CODE 已到，老人平安|CODE 处理完了|CODE已处理|CODE 已解决|CODE搞定
        CODE 没事儿
        CODE 情况正常|CODE老人很好|CODE平按|CODE safe|CODE 已经处理好了
        CODE 到了，老人安全，请放心
        CODE 老人平安，在家看电视|CODE 人没事，放心|CODE 已见到老人，一切平安|CODE 4平安
        CODE 老人没事，谢谢关心|CODE 平安！
        CODE 已到，人平安，处理完毕""",
    (Act.SUPPORT, None): """
        CODE5|CODE 5|CODE五|CODE 需要支援|CODE请求支援|CODE 支援|CODE需要帮助|CODE 快来人
        CODE请派人来
        CODE 叫救护车|CODE 打120|CODE救命|CODE 已到，需要支援|CODE 到了，请打120|CODE help
        CODE需要人手
        CODE 求助
        CODE 需要支援，老人摔倒了|CODE 5 需要支援|CODE 敲门没人应，需要支援|CODE 请求支援！快！
        CODE 需要帮助，快来人""",
}

ASKED_BACK = """
    没收到|CODE没收到|CODE 不去|CODE我去不了|CODE 来不了|CODE 还没到|CODE没到|CODE到不了|CODE未到
    不是误报CODE|CODE 是不是误报|CODE误报吗|CODE 误报？|CODE应该是误报|CODE 可能误报|CODE并非误报
    CODE不平安|CODE 老人不安全|CODE没人应|CODE 老人有事|CODE 不需要支援|CODE不用支援|CODE 出事了
    CODE 没事我去看看|CODE 误报，需要支援|CODE 平安，请打120|CODE 不用来了|CODE别去了
    CODE等我到了再说吧
    CODE 如果没事就算了|CODE明天去|CODE 他去|CODE 老人在家|CODE|CODE 好的|好的|谢谢|什么事|谁啊
    哪一家
    CODE 301没事|3栋没事|CODE 老人不在家|CODE 非误报|CODE无误报|CODE 我去过了没人|CODE到了没
    CODE 去哪
    CODE 2468 收到|1377 收到|CODE6|CODE 9|CODE12|13800000001|CODE 14:05到的|CODE 不知道|CODE收不到
    CODE 没有误报|CODE 没处理|CODE未处理|CODE 处理不了|CODE not safe|unsafe|CODE is it safe
    CODE 设备没坏
    CODE 家属没确认|CODE 可以帮忙|CODE 收到 误报 设备坏了
"""


def split(block: str) -> list[str]:
    """The replies of one block of the lists above."""
    parts = (part.strip() for line in block.splitlines() for part in line.split("|"))
    return [part.replace("CODE", CODE) for part in parts if part]


# Written after the vocabulary was closed and never used to extend it: the honest measure.
HELD_OUT: dict[tuple[Act, Outcome | None], str] = {
    (Act.ACKNOWLEDGE, None): """
        CODE 收到收到|CODE 好的，我马上去处理|CODE 已收到，正在赶往现场|CODE 收到，我先过去看看
        CODE 知道了，我20分钟后到|CODE OK收到|CODE 收到，我和小王一起去|CODE 我出发啦
        CODE 这就出门
        CODE 我吃完饭就去|CODE 收到，辛苦值班同志|CODE 我下楼去看看|我去，CODE
        CODE 我在开会，马上安排
        CODE 明白！立即处理|CODE 半个小时到|CODE 十来分钟能到|CODE 我现在就出发""",
    (Act.ARRIVE, None): """
        CODE 已到单元门口|CODE 我已赶到现场|CODE 到达！|CODE 我人已经到了|CODE 到小区了
        CODE 已上门
        CODE 我已经在楼下了|CODE 已抵达，正在处理|CODE 到了哈|CODE 收到，现已到现场""",
    (Act.RESOLVE, Outcome.FALSE_ALARM): """
        CODE 误报！|CODE 核实过了是误报|CODE 老人外出，误报|CODE 系统误报
        CODE 误报，家里有人，一切正常
        CODE 虚惊一场，老人在家睡觉|CODE 报的不对""",
    (
        Act.RESOLVE,
        Outcome.DEVICE_FAULT,
    ): "CODE 水表没电了|CODE 设备坏了，需要换|CODE 设备故障，人没事",
    (Act.RESOLVE, None): """
        CODE 老人平安无事|CODE 人很安全|CODE 老人身体正常|CODE 已妥善处理|CODE 平安，谢谢
        CODE 老人没事，刚才在睡觉|CODE 已到，老人在家，一切正常|CODE 都好|CODE 看过了，没事""",
    (Act.SUPPORT, None): """
        CODE 支援一下|CODE 需要人帮忙|CODE 门打不开，请求支援|CODE 快叫救护车|CODE 赶紧派人来
        CODE 老人晕倒，打120""",
}
