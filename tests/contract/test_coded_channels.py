"""Channels over HTTP against their providers: recorded answers, and carriers with real rules."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from alerts.channels import sms_http
from alerts.channels.base import Outcome
from alerts.channels.catalog import Kind, kinds
from simulators.carriers import Carrier, Dingtalk, Feishu, Said, SmsService, WecomApp, WecomBot
from tests.contract.provider_talk import HASTY, LINK, TITLE, Send, recorded, talk

CODED = [kind for kind in kinds().values() if recorded(kind)]


def by_name(kind: Kind) -> str:
    return kind.name


def test_there_are_channels_with_recorded_answers() -> None:
    assert {"dingtalk", "feishu", "wecom_bot"} <= {kind.name for kind in CODED}


@pytest.mark.parametrize("kind", CODED, ids=by_name)
def test_every_recorded_answer_means_what_it_means(kind: Kind) -> None:
    async def act(carrier: Carrier, send: Send) -> None:
        if kind.name == "wecom_app":  # let it log in first
            assert (await send()).outcome is Outcome.ACCEPTED
        for answer in recorded(kind):
            carrier.script.append(Said(answer.body, answer.status, answer.headers))
            verdict = await send()
            assert verdict.outcome is answer.outcome, (answer, verdict)

    talk(kind, WecomApp(("wang.fang",)), act)


@pytest.mark.parametrize("kind", CODED, ids=by_name)
def test_a_provider_that_hangs_or_hangs_up_leaves_the_outcome_unknown(kind: Kind) -> None:
    async def act(carrier: Carrier, send: Send) -> None:
        await send()
        carrier.script += [Said(hang=True), Said(drop=True)]
        assert [(await send()).outcome for _ in range(2)] == [Outcome.UNKNOWN] * 2

    talk(kind, WecomApp(("wang.fang",)), act, **HASTY)


@pytest.mark.parametrize("kind", CODED, ids=by_name)
def test_the_records_hold_a_success_and_refusals_behind_a_200(kind: Kind) -> None:
    answers = recorded(kind)
    assert any(a.outcome is Outcome.ACCEPTED for a in answers)
    refused = [a for a in answers if a.status == 200 and a.outcome is not Outcome.ACCEPTED]
    assert len(refused) >= 4


@pytest.mark.parametrize("kind", kinds().values(), ids=by_name)
def test_what_is_no_address_is_refused_for_good(kind: Kind) -> None:
    assert not kind.address.fullmatch("")
    assert not kind.address.fullmatch("wang\nli")
    assert kind.hint
    assert kind.zh
    assert kind.en


RULES: list[tuple[str, Callable[[], Any], dict[str, object]]] = [
    ("dingtalk", lambda: Dingtalk(secret="SEC1", keyword="守望"), {"secrets": {"abcd": "SEC1"}}),
    ("feishu", lambda: Feishu(secret="key1"), {"secrets": {"4567": "key1"}}),
    ("wecom_bot", WecomBot, {}),
    ("wecom_app", lambda: WecomApp(("wang.fang",)), {}),
    ("sms_http", lambda: SmsService("0123456789abcdef"), {}),
]
ROBOTS = RULES[:3]


@pytest.mark.parametrize(("name", "carrier_of", "settings"), RULES, ids=[r[0] for r in RULES])
def test_the_carrier_takes_a_message_with_its_text_and_link(
    name: str, carrier_of: Callable[[], Any], settings: dict[str, object]
) -> None:
    rules = carrier_of()

    async def act(carrier: Carrier, send: Send) -> None:
        del carrier
        assert (await send()).outcome is Outcome.ACCEPTED

    talk(kinds()[name], rules, act, **settings)
    (taken,) = rules.taken
    assert TITLE in str(taken)
    assert "1234" in str(taken)
    assert (LINK in str(taken)) is not kinds()[name].short


@pytest.mark.parametrize(("name", "secret"), [("dingtalk", "SEC1"), ("feishu", "key1")])
def test_an_unsigned_message_is_refused_for_good(name: str, secret: str) -> None:
    rules = {"dingtalk": Dingtalk, "feishu": Feishu}[name](secret)

    async def act(carrier: Carrier, send: Send) -> None:
        del carrier
        assert (await send()).outcome is Outcome.PERMANENT

    talk(kinds()[name], rules, act)


@pytest.mark.parametrize(("name", "carrier_of", "settings"), ROBOTS, ids=[r[0] for r in ROBOTS])
def test_too_many_messages_are_put_off_and_not_lost(
    name: str, carrier_of: Callable[[], Any], settings: dict[str, object]
) -> None:
    rules = carrier_of()

    async def act(carrier: Carrier, send: Send) -> None:
        del carrier
        outcomes = [(await send()).outcome for _ in range(25)]
        assert outcomes.count(Outcome.ACCEPTED) == len(rules.taken) < 25
        assert outcomes[-1] is Outcome.TEMPORARY

    talk(kinds()[name], rules, act, **settings)


@pytest.mark.parametrize(
    ("name", "carrier_of", "settings"), RULES[:4], ids=[r[0] for r in RULES[:4]]
)
def test_a_name_cannot_put_a_link_or_a_mention_into_a_chat(
    name: str, carrier_of: Callable[[], Any], settings: dict[str, object]
) -> None:
    rules = carrier_of()

    async def act(carrier: Carrier, send: Send) -> None:
        del carrier
        text = "1栋[点我](http://evil.example/)<@all> # 标题\n" + "长" * 9_000
        assert (await send(text)).outcome is Outcome.ACCEPTED

    talk(kinds()[name], rules, act, **settings)
    shown = str(rules.taken[0])
    if not name.startswith("wecom"):  # their plain text knows no markup
        assert "[点我]" not in shown
        assert "<@all>" not in shown
    assert LINK in shown


def test_a_member_is_told_once_although_the_try_is_repeated_and_the_token_ended() -> None:
    rules = WecomApp(("wang.fang",))

    async def act(carrier: Carrier, send: Send) -> None:
        del carrier
        assert (await send()).outcome is Outcome.ACCEPTED
        rules.token = "another"
        assert (await send()).outcome is Outcome.ACCEPTED

    talk(kinds()["wecom_app"], rules, act)
    assert len(rules.taken) == 1


def test_without_a_token_nothing_was_sent_and_it_is_tried_again() -> None:
    async def act(carrier: Carrier, send: Send) -> None:
        carrier.script += [Said(hang=True), Said('{"errcode":40013,"errmsg":"invalid corpid"}')]
        assert [(await send()).outcome for _ in range(2)] == [Outcome.TEMPORARY, Outcome.PERMANENT]
        assert {asked.path for asked in carrier.asked} == {"/cgi-bin/gettoken"}

    talk(kinds()["wecom_app"], WecomApp(()), act, **HASTY)


def test_the_signature_is_that_of_the_services_own_example() -> None:
    # The example of the service's documentation on how to sign a request.
    asked = {
        "AccessKeyId": "testId",
        "Action": "SendSms",
        "Format": "XML",
        "OutId": "123",
        "PhoneNumbers": "15300000001",
        "RegionId": "cn-hangzhou",
        "SignName": "阿里云短信测试专用",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "45e25e9b-0a6f-4070-8c85-2956eda1b466",
        "SignatureVersion": "1.0",
        "TemplateCode": "SMS_71390007",
        "TemplateParam": '{"customer":"test"}',
        "Timestamp": "2017-07-12T02:42:19Z",
        "Version": "2017-05-25",
    }
    key = SecretStr("testSecret")
    assert sms_http.sign("GET", asked, key) == "zJDF+Lrzhj/ThnlvIToysFRq6t4="
