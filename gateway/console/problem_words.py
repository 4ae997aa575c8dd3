"""What is wrong with a plan, in Chinese: the checks of documents speak English only.

A problem that no line here knows is shown as the check says it.
"""

import re

from gateway.console.texts import Lang

_SEVERAL = "; "


def in_words(lang: Lang, said: str) -> str:
    """A problem or a remedy in `lang`; of several in one text, each by itself."""
    if lang is Lang.EN:
        return said
    return "；".join(_chinese(each) for each in said.split(_SEVERAL))


def _chinese(said: str) -> str:
    for pattern, words in _WORDS:
        if match := pattern.fullmatch(said):
            return words.format(*match.groups())
    return said


# Of the checks of plans, of durations, and of what a document's keys may hold, in that order.
_TABLE = (
    (r"nobody is (.+)", "没有人担任 {0}"),
    (r'no channel "(.+)"', "没有名为“{0}”的渠道"),
    (r"word of a miss comes back: (.+)", "超时上报绕回原处：{0}"),
    (r"on_miss names (.+), for which there is no limit", "on_miss 中的 {0} 没有设时限"),
    (r"write both do_zh and do_en, or neither", "do_zh 与 do_en 须同时填写或都不填"),
    (r"step (\d+) does not come after step (\d+)", "第 {0} 步须晚于第 {1} 步"),
    (r"step (\d+) repeats but is not the last", "第 {0} 步要重复，但不是最后一步"),
    (
        r"the last step needs both repeat and repeat_max, or neither",
        "最后一步的 repeat 与 repeat_max 须同时填写或都不填",
    ),
    (r"(.+) '(.+)' is used twice", "{0} “{1}” 用了两次"),
    (
        r'tier (\d) has no default plan \(category = "\*"\)',
        '{0} 级没有通用预案（category = "*"）',
    ),
    (r"another plan", "这是另一份预案"),
    (r"write at most (\d+) working days", "最多 {0} 个工作日"),
    (r'write "15 min", "24 h" or "3 working days"', "请写成“15 min”“24 h”或“3 working days”"),
    (r"write more than nothing and at most 366 d", "须大于零，且不超过 366 d"),
    (r"write a duration with its unit, such as (.+)", "请写带单位的时长，例如“30 s”“15 min”“12 h”"),
    (r"Field required", "缺少此项"),
    (r"Extra inputs are not permitted", "没有这一项"),
    (r"String should match pattern '(.+)'", "格式须符合 {0}"),
    (r"String should have at least (\d+) characters?", "至少 {0} 个字"),
    (r"String should have at most (\d+) characters?", "最多 {0} 个字"),
    (
        r"(?:Tuple|List|Dictionary) should have at least (\d+) items? .+",
        "至少要有 {0} 项",
    ),
    (r"(?:Tuple|List|Dictionary) should have at most (\d+) items? .+", "最多 {0} 项"),
    (r"Input should be greater than or equal to (.+)", "不得小于 {0}"),
    (r"Input should be less than or equal to (.+)", "不得大于 {0}"),
    (r"Input should be greater than (.+)", "须大于 {0}"),
    (r"Input should be a valid (?:string|str)", "须是文字"),
    (r"Input should be a valid integer.*", "须是整数"),
    (r"Input should be a valid number.*", "须是数字"),
    (r"Input should be a valid (?:tuple|list|array)", "须是列表"),
    (r"Input should be a valid (?:dictionary|mapping|object).*", "须是表"),
    (r"Input should be '(\*)'", "须是“{0}”"),
    (r"Input should be (.+) or (.+)", "只能是 {0} 或 {1}"),
    (r"Input should be (.+)", "只能是 {0}"),
    (r".+ \(at line (\d+), column (\d+)\)", "第 {0} 行第 {1} 列写法有误"),
    (r".+ \(at end of document\)", "末尾写法有误"),
    (r"name a role that somebody has", "请改成有人担任的角色"),
    (r"name a role of the roster", "请改成值班表中的角色"),
    (r"write one of (.+)", "可用的有 {0}"),
    (r"tell somebody further up", "请上报到更上一级"),
    (r'write id = "(.+)"', '请写 id = "{0}"'),
    (r"mend that line", "请改正该行"),
    (r"texts stand in quotation marks", "文字须用引号括起"),
    (r"add the key", "请补上"),
    (r"remove the key", "请删去"),
    (r'did you mean "(.+)"\?', "是否应为“{0}”？"),
    (r"correct the value", "请改正"),
    (r"write a text in quotes", "请写带引号的文字"),
    (r"write a whole number", "请写整数"),
    (r"write a number", "请写数字"),
    (r"write true or false", "请写 true 或 false"),
    (r"write a list in \[ \]", "请用 [ ] 写成列表"),
    (r"write a table in \{ \}", "请用 {{ }} 写成表"),
)
_WORDS = tuple((re.compile(pattern, re.DOTALL), words) for pattern, words in _TABLE)
