from pathlib import Path

import pytest

from edge.broker import BrokerSettings
from edge.influx import InfluxSettings
from edge.settings import ConfigError, parse

HERE = Path("edge.toml")


def faults(table: dict[str, str], model: type) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(table, model, HERE)
    return [fault.key for fault in caught.value.faults]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "::1", "broker.local", "émile", "a_b", "fe80::1%eth0"]
)
def test_a_host_is_a_name_or_an_address(host: str) -> None:
    assert BrokerSettings(host=host).host == host


@pytest.mark.parametrize(
    "host",
    ["", "broker..local", "x" * 70, "a b", "h\x00", "mqtt://h", "h/x", "127.0.0.1:1883", "[::1]"],
)
def test_a_host_that_nothing_can_be_reached_by_is_a_fault_of_the_file(host: str) -> None:
    assert faults({"host": host}, BrokerSettings) == ["host"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8086", "https://db.example/influx", "http://[::1]:8086", "http://h"]
)
def test_a_url_is_a_scheme_a_host_and_what_may_follow(url: str) -> None:
    assert InfluxSettings(url=url, database="d").url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://", "h:8086", "ftp://h", "http://influx..lan:8086", "http://influx:80 86",
        "http://h:99999", "http://h:port", "http://[::1", "http://h/a b", "http://h\x00",
    ],
)  # fmt: skip
def test_a_url_that_cannot_be_is_a_fault_of_the_file(url: str) -> None:
    assert faults({"url": url, "database": "d"}, InfluxSettings) == ["url"]
