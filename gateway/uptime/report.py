"""The report on uptime as the API and the console show it: whole local days before today."""

from msgspec import Struct

from edge.reading import Kind
from gateway.api.desk import Desk
from gateway.db import uptimes
from gateway.db.engine import reading
from gateway.uptime import share
from gateway.uptime.share import AreaDay, Share

DAYS_MAX = 366


class AreaShare(Struct, frozen=True):
    """The share of an area, which people know by these names."""

    area: str
    place_zh: str
    place_en: str
    share: Share


class DeviceShare(Struct, frozen=True):
    """The share of a device, and where it hangs now."""

    device: str
    subject: str
    share: Share


class UptimeReport(Struct, frozen=True):
    """The days from `from_day` to `to_day`, both counted in, of one kind of device."""

    kind: Kind
    days: int
    from_day: str
    to_day: str
    areas: tuple[AreaShare, ...]
    worst: tuple[DeviceShare, ...]
    by_day: tuple[AreaDay, ...]


def report_of(desk: Desk, kind: Kind, days: int) -> UptimeReport:
    """The last `days` whole days as this desk knows them."""
    book, registry, now_ns = desk.book, desk.homes.registry, desk.clock.now_ns()
    today = share.day_of(now_ns, book.zone)
    span = range(today - days, today)
    with reading(desk.db) as connection:
        rows = uptimes.days(connection, span.start, span.stop)
    found = share.parts(registry, kind, rows, span, book.zone)
    label = book.places.label
    areas = share.by_area(found).items()
    return UptimeReport(
        kind,
        days,
        share.day_name(span.start),
        share.day_name(span.stop - 1),
        tuple(AreaShare(area, label(area, "zh"), label(area, "en"), each) for area, each in areas),
        tuple(
            DeviceShare(device, registry.device_subject(device, now_ns) or device, each)
            for device, each in share.worst(found, registry.site)
        ),
        tuple(share.by_area_and_day(found)),
    )
