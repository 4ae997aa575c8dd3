"""Takes in what edges say of how long cameras and lifts were up; the same may come often."""

from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from edge import topic
from edge.reading import DAY_NS
from edge.session import Delivery
from edge.strict_json import JsonError, parse
from edge.topic import TopicError, is_segment
from edge.uptimes import PAGE_MAX, UptimePage
from gateway.db import uptimes
from gateway.db.engine import writing
from gateway.db.uptimes import DayRow
from gateway.intake import Refused

KEPT_DAYS = 400
_DAY_S_MAX = 25 * 3_600.0
_DOWNS_MAX = 100_000


class UptimeHearing:
    """Such messages of one site, into `database`; `filters` bring them."""

    def __init__(self, database: sa.Engine, site: str) -> None:
        self._database = database
        self._site = site
        self.filters = (topic.uptime_filter(site),)

    def take(self, delivery: Delivery, now_ns: int) -> bool:
        """Whether the delivery was one of these; it is dealt with then.

        Raises:
            Refused: it was, and cannot be used.
        """
        if not delivery.topic.endswith("/uptime"):
            return False
        page = _read(delivery.payload)
        try:
            origin = topic.edge_of(delivery.topic)
        except TopicError as error:
            raise Refused("unknown_topic", str(error)) from None
        if origin != (self._site, page.edge):
            raise Refused("identity_mismatch", f"says {page.edge[:40]!r}")
        today = now_ns // DAY_NS
        if not today - KEPT_DAYS < page.day <= today + 1:
            raise Refused("out_of_range", f"day {page.day}")
        with writing(self._database) as connection:
            uptimes.hear(connection, _rows(page, now_ns))
            uptimes.forget(connection, today - KEPT_DAYS)
        return True


def _read(payload: bytes) -> UptimePage:
    try:
        page = msgspec.convert(parse(payload), UptimePage)
    except JsonError as error:
        raise Refused(error.fault.value, error.detail) from None
    except msgspec.ValidationError as error:
        raise Refused("wrong_type", str(error)) from None
    if page.v != 1 or len(page.devices) > PAGE_MAX or not 0 <= page.at_ns < 2**63:
        raise Refused("out_of_range", f"v {page.v}, {len(page.devices)} devices")
    if not all(map(is_segment, page.devices)):
        raise Refused("bad_name", "of a device")
    for *spans_s, downs in page.devices.values():
        if not (all(span >= 0 for span in spans_s) and sum(spans_s) <= _DAY_S_MAX):
            raise Refused("out_of_range", "more seconds than a day has")
        if not 0 <= downs <= _DOWNS_MAX:
            raise Refused("out_of_range", "how often it went down")
    return page


def _rows(page: UptimePage, now_ns: int) -> Iterator[DayRow]:
    for device, (up_s, down_s, planned_s, downs) in page.devices.items():
        up_ms, down_ms, planned_ms = (round(each * 1_000) for each in (up_s, down_s, planned_s))
        at_ns = min(page.at_ns, now_ns)
        yield DayRow(page.day, device, at_ns, up_ms, down_ms, planned_ms, downs)
