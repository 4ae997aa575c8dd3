import asyncio
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.destination import Destination, Forbidden, Policy, Unresolved, judged

NAMES = {
    "hook.example.com": ["93.184.215.14"],
    "dual.example.com": ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "93.184.215.14"],
    "rebind.example.com": ["93.184.215.14", "127.0.0.1"],
    "inside.example.com": ["10.1.2.3"],
    "2130706433": ["127.0.0.1"],
    "0x7f000001": ["127.0.0.1"],
    "127.1": ["127.0.0.1"],
    "nobody.example.com": [],
}
ANYWHERE = Policy(frozenset(), ())

REFUSED = [
    "ftp://hook.example.com/",
    "file:///etc/passwd",
    "hook.example.com/x",
    "http:///x",
    "http://user:pw@hook.example.com/",
    "http://[",
    "http://127.0.0.1/",
    "http://127.1.2.3:8080/x",
    "http://0.0.0.0/",
    "http://10.0.0.8/",
    "http://172.16.0.1/",
    "http://192.168.1.1/admin",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[::7f00:1]/",
    "http://[::ffff:0:7f00:1]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[fec0::1]/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://[::]/",
    "gopher://hook.example.com/",
    "http://１２７.0.0.1/",
    "http://2130706433/",
    "http://inside.example.com/",
    "http://rebind.example.com/",
]


async def _resolve(host: str, _port: int) -> list[str]:
    if host not in NAMES:
        raise OSError(f"{host}: name not known")
    return NAMES[host]


def _judged(url: str, policy: Policy = ANYWHERE) -> Destination:
    return asyncio.run(judged(url, policy, _resolve))


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_inside_our_own_network_is_refused(url: str) -> None:
    with pytest.raises(Forbidden):
        _judged(url)


def test_a_public_name_is_pinned_to_the_address_that_was_judged() -> None:
    target = _judged("https://hook.example.com:8443/a?b=1")
    assert str(target.url) == "https://93.184.215.14:8443/a?b=1"
    assert (target.host, target.host_header) == ("hook.example.com", "hook.example.com:8443")


def test_ipv4_is_preferred_where_a_name_has_both() -> None:
    assert _judged("https://dual.example.com/").url.host == "93.184.215.14"


def test_an_ipv6_literal_keeps_its_brackets() -> None:
    target = _judged("http://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:81/x")
    assert str(target.url) == "http://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:81/x"


@pytest.mark.parametrize("host", ["hook.example.com", "HOOK.example.com", "hook.example.com."])
def test_a_listed_host_is_called_however_it_is_written(host: str) -> None:
    policy = Policy(frozenset({"hook.example.com"}), ())
    assert _judged(f"https://{host}/", policy).host == "hook.example.com"


@pytest.mark.parametrize("host", ["dual.example.com", "x.hook.example.com", "93.184.215.14"])
def test_an_unlisted_host_is_refused(host: str) -> None:
    with pytest.raises(Forbidden, match="not on the list"):
        _judged(f"https://{host}/", Policy(frozenset({"hook.example.com"}), ()))


def test_a_private_network_is_called_only_where_it_was_opened() -> None:
    policy = Policy(frozenset(), (ip_network("127.0.0.0/8"),))
    assert _judged("http://127.0.0.1:8080/", policy).url.port == 8080
    with pytest.raises(Forbidden):
        _judged("http://10.0.0.1/", policy)


@pytest.mark.parametrize("host", ["nobody.example.com", "unknown.example.com"])
def test_a_name_without_an_address_may_have_one_later(host: str) -> None:
    with pytest.raises(Unresolved):
        _judged(f"http://{host}/")


@given(st.text(max_size=60))
def test_any_text_is_judged_or_refused(text: str) -> None:
    try:
        target = _judged(text)
    except (Forbidden, Unresolved):
        return
    assert target.url.scheme in {"http", "https"}
