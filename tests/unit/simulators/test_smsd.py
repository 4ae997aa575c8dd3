import asyncio
from pathlib import Path
from random import Random

from alerts.channels.base import Inbound, Outcome, Outgoing, Receipt
from alerts.channels.sms import SmsChannel, SmsSettings
from edge.reading import SECOND_NS
from simulators import clock as virtual
from simulators.phone import Habit, Phones, Shown
from simulators.smsd import Network, SmsdTwin

NUMBER = "13800000001"
ALERT = "紧急 3栋2单元301：12小时未用水，请上门。回4821加1我去"

Day = tuple[list[Shown], list[Receipt | Inbound]]


def _day(database: Path, *, seed: int, network: Network) -> Day:
    """Twenty alerts to one worker, who answers each after a minute; everything settled."""

    async def main(clock: virtual.VirtualClock) -> Day:
        phones = Phones(clock, {NUMBER: Habit(reply_after_s=60.0)})
        twin = SmsdTwin(database, clock, phones.ring, rng=Random(seed), network=network)
        phones.connect(twin.receive)
        task = asyncio.create_task(twin.run())
        channel = SmsChannel(SmsSettings(database=database))
        await asyncio.sleep(1)
        for number in range(20):
            await channel.send(Outgoing(f"id{number}", NUMBER, ALERT, {}, 0), clock.now_ns())
        news: list[Receipt | Inbound] = []
        for _ in range(60):
            page = await channel.poll(clock.now_ns())
            await channel.done([item.key for item in page])
            news += page
            await asyncio.sleep(10)
        task.cancel()
        return list(phones.shown), news

    return virtual.run(main, 1_800_000_000 * SECOND_NS)


def test_a_workers_phone_shows_every_text_and_each_answer_comes_back(tmp_path: Path) -> None:
    shown, news = _day(tmp_path / "smsd.db", seed=1, network=Network())
    assert [text.text for text in shown] == [ALERT] * 20
    answers = [item for item in news if isinstance(item, Inbound)]
    assert [(item.address, item.text) for item in answers] == [(NUMBER, "收到 4821")] * 20
    assert len({item.provider_id for item in answers}) == 20


def test_every_text_has_the_end_that_its_network_gave_it(tmp_path: Path) -> None:
    network = Network(refused=0.3, undelivered=0.3, unreported=0.3)
    shown, news = _day(tmp_path / "smsd.db", seed=2, network=network)
    last = {item.idempotency_id: item.outcome for item in news if isinstance(item, Receipt)}
    assert len(last) == 20
    assert set(last.values()) == {
        Outcome.ACCEPTED,
        Outcome.DELIVERED,
        Outcome.PERMANENT,
        Outcome.TEMPORARY,
    }
    delivered = [outcome for outcome in last.values() if outcome is Outcome.DELIVERED]
    assert len(delivered) <= len(shown) < 20


def test_equal_seeds_give_equal_days(tmp_path: Path) -> None:
    network = Network(refused=0.2, undelivered=0.2, unreported=0.2)
    days = [_day(tmp_path / f"{n}.db", seed=s, network=network) for n, s in enumerate((3, 3, 4))]
    assert days[0] == days[1] != days[2]
