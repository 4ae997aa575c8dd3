"""The long tail through Apprise: bounded, never redirected, and never believed too far."""

import asyncio
import json
from pathlib import Path

import pytest

from alerts.channels.apprise import AT_ONCE, WAITING_MAX
from alerts.channels.base import Outcome, Outgoing, Verdict
from alerts.channels.catalog import kinds
from alerts.roster import Roster
from gateway.settings import _bad_addresses
from simulators.carriers import Asked, Carrier, Said
from tests.contract.provider_talk import HASTY, LINK, TITLE, Send, talk

APPRISE = kinds()["apprise"]
# Apprise takes their 200 for a yes, whatever is in it; each has a channel of ours, or none.
REFUSED = (
    "dingtalk",
    "feishu",
    "lark",
    "wecombot",
    "wechat",
    "wecom",
    "json",
    "jsons",
    "xml",
    "form",
    "schan",
    "qq",
    "pushdeer",
    "pushdeers",
    "bark",
    "barks",
    "DingTalk",
)


def fine(asked: Asked, now_ns: int) -> Said:
    del asked, now_ns
    return Said("{}")


def test_a_message_arrives_with_its_link_and_can_give_no_orders() -> None:
    async def act(carrier: Carrier, send: Send) -> None:
        verdict = await send(f"紧急：{TITLE} <b>[点我](http://evil.example)</b>\n编号：1234")
        assert verdict.outcome is Outcome.ACCEPTED
        said = json.loads(carrier.asked[-1].body)["message"]
        assert "[点我]" not in said
        assert said.endswith(f"编号：1234\n{LINK}")

    talk(APPRISE, fine, act)


@pytest.mark.parametrize("scheme", REFUSED)
def test_a_service_that_hides_its_refusals_is_refused_in_the_roster(scheme: str) -> None:
    address = f"{scheme}://token/x"
    person = {
        "id": "wang",
        "name": "王芳",
        "roles": ["grid_worker"],
        "areas": ["s01"],
        "reach": {"apprise": address},
    }
    roster = Roster.model_validate({"version": 1, "person": [person]})
    (fault,) = _bad_addresses(roster, Path(__file__))
    assert "use the channel of that name" in fault.remedy


@pytest.mark.parametrize("address", ["nothing://x", "ntfy://[/?", "ntfy"])
def test_what_apprise_does_not_know_is_given_up(address: str) -> None:
    async def main() -> Verdict:
        channel = APPRISE.make(APPRISE.settings())
        verdict = await channel.send(Outgoing("n1", address, TITLE, {}, 0), 0)
        await channel.aclose()
        return verdict

    assert asyncio.run(main()).outcome is Outcome.PERMANENT


def test_a_url_that_asks_for_redirects_and_patience_gets_neither() -> None:
    async def act(carrier: Carrier, send: Send) -> None:
        elsewhere = {"location": f"http://127.0.0.1:{carrier.port}/elsewhere"}
        carrier.script += [Said("", 302, elsewhere), Said(hang=True)]
        address = f"ntfy://127.0.0.1:{carrier.port}/x?redirect=yes&rto=60"
        for _ in range(2):
            assert (await send(address=address)).outcome is Outcome.UNKNOWN
        assert len(carrier.asked) == 2

    talk(APPRISE, fine, act, **HASTY)


def test_a_service_that_hangs_holds_up_no_more_than_its_threads() -> None:
    async def act(carrier: Carrier, send: Send) -> None:
        carrier.script += [Said(hang=True)] * (AT_ONCE + WAITING_MAX)
        many = [send() for _ in range(AT_ONCE + WAITING_MAX + 10)]
        verdicts = await asyncio.gather(*many)
        outcomes = [verdict.outcome for verdict in verdicts]
        assert outcomes.count(Outcome.TEMPORARY) >= 10
        assert Outcome.ACCEPTED not in outcomes
        assert [v.reason for v in verdicts].count("too many are waiting") == 10

    talk(APPRISE, fine, act, **HASTY)
