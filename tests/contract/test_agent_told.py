"""Whatever comes on the topics by which an edge is told something, the edge goes on."""

import random
from pathlib import Path

import pytest

from edge import topic
from edge.clock import sleep
from tests.contract.test_agent import Site, play
from tests.contract.test_agent_faults import SetClock, edge_by

DEEP = 1_000
NUMBERS = ("-1", "0", "1e999", "NaN", "9" * 30, "9223372036854775808", "true", "null", '"1"', "1.5")
TEXTS = ('""', '"\\ud800"', '"\\u0000"', f'"{"x" * 300}"', "7", "null", "[]")
FORMS = {
    topic.ack_topic("s01", "e01"): '{"v":1,"epoch":T,"upto":N}',
    topic.answer_topic("s01", "e01"): '{"v":1,"asked":N,"at_ns":N}',
    topic.label_topic("s01", "e01"): (
        '{"v":1,"epoch":T,"labels":[[N,T,"welfare",T,"real","",N,""],[2,"f","r","s","real","",N]]}'
    ),
    topic.adapter_status_topic("s01", "dtu-1"): '{"up":true,"boot":N}',
}
BYTES = (
    b"", b"\x00", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"{", b"[]", b"null", b"1", b'"', b"{}" * 400,
    b"[" * DEEP, b'{"v":1,"x":' + b"[" * DEEP, b'{"v":1,"x":' + b"[" * DEEP + b"]" * DEEP + b"}",
    b'{"a":' * 200, b"SWR1" + bytes(100), bytes(range(256)) * 300,
)  # fmt: skip


def hostile(form: str) -> list[bytes]:
    """The form with every number and text that has no business there, and bytes of no form."""
    filled = [form.replace("N", number).replace("T", '"e"') for number in NUMBERS]
    filled += [form.replace("T", text).replace("N", "1") for text in TEXTS]
    return [*BYTES, *(text.encode() for text in filled)]


def test_what_is_told_in_any_form_ends_no_edge_and_delays_no_finding(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        async with edge_by(site, SetClock(site.clock)) as running:
            await site.live(24, litres_an_hour=6)
            for to, form in FORMS.items():
                for payload in hostile(form):
                    await site._insist(to, payload)
                    await sleep(site.clock, 1)
                    assert not running.done(), (to, payload[:80])
            await site.live(13, litres_an_hour=0)

    site = play(tmp_path, scenario)
    assert {envelope.finding.rule for envelope in site.findings} == {"welfare"}


@pytest.mark.parametrize("seed", range(2))
def test_noise_on_every_topic_of_ours_ends_no_edge(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)

    def payload() -> bytes:
        form = rng.choice([form.encode() for form in FORMS.values()])
        damaged = bytearray(form)
        damaged[rng.randrange(len(form))] = rng.randrange(256)
        return bytes(damaged)

    async def scenario(site: Site) -> None:
        async with edge_by(site, SetClock(site.clock)) as running:
            for _ in range(200):
                await site._insist(rng.choice(list(FORMS)), payload())
            await sleep(site.clock, 60)
            assert not running.done()

    play(tmp_path, scenario)
