"""Where a webhook may go: a guard against addresses that point into our own network.

The name is resolved once, every address it has is judged, and the connection is made to an
address that was judged, so a name that resolves differently a moment later gains nothing.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[list[str]]]

_SCHEMES = frozenset({"http", "https"})
_HOST = re.compile(r"[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}")
_TRANSLATED = ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in IPv6 dress


class Forbidden(Exception):  # noqa: N818  (the address is at fault, nothing of ours)
    """The address may not be called, now or later; the message says why."""


class Unresolved(Exception):  # noqa: N818  (a state of the world)
    """The host's name has no address now; it may have one later."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Which hosts may be called: none named means every public one.

    `private_networks` lists networks that may be called although they are not public.
    """

    hosts: frozenset[str]
    private_networks: tuple[Network, ...]


@dataclass(frozen=True, slots=True)
class Destination:
    """One judged endpoint: call `url`, which holds an IP address, in the name of `host`."""

    url: httpx.URL
    host: str
    host_header: str


async def resolve(host: str, port: int) -> list[str]:
    """The addresses that the system's resolver has for `host`.

    Raises:
        OSError: it has none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


async def judged(url: str, policy: Policy, resolve: Resolve) -> Destination:
    """`url` pinned to an address that `policy` allows; IPv4 is preferred.

    Raises:
        Forbidden: scheme, host or one of its addresses is not allowed.
        Unresolved: the name has no address now.
    """
    parsed = _parsed(url)
    host = _host(parsed)
    if policy.hosts and host not in policy.hosts:
        raise Forbidden(f"host {host!r} is not on the list of allowed hosts")
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    addresses = await _addresses(host, port, resolve)
    for address in addresses:
        _check(address, policy.private_networks)
    chosen = min(addresses, key=lambda address: address.version)
    return Destination(parsed.copy_with(host=str(chosen)), host, parsed.netloc.decode("ascii"))


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise Forbidden(f"not a URL: {error}") from None
    if parsed.scheme not in _SCHEMES or not parsed.host:
        raise Forbidden("only http and https URLs with a host are called")
    if parsed.userinfo:
        raise Forbidden("a URL with a user name or password is not called")
    return parsed


def _host(parsed: httpx.URL) -> str:
    """The host in ASCII, as certificates and resolvers want it."""
    host = parsed.raw_host.decode("ascii").rstrip(".").lower()
    if not _HOST.fullmatch(host):
        raise Forbidden("the host is neither a name nor an address")
    return host


async def _addresses(host: str, port: int, resolve: Resolve) -> list[Address]:
    literal = _literal(host)
    if literal is not None:
        return [literal]
    try:
        found = await resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise Unresolved(f"host {host!r} cannot be resolved: {error}") from None
    if not found:
        raise Unresolved(f"host {host!r} has no address")
    return [ip_address(text.partition("%")[0]) for text in found]


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _check(address: Address, private_networks: tuple[Network, ...]) -> None:
    meant = _unwrapped(address)
    if any(meant in network for network in private_networks):
        return
    if not _is_public(meant):
        raise Forbidden(f"address {meant} is not public and not in private_networks")


def _is_public(address: Address) -> bool:
    """Stricter than `is_global`, which takes old forms for public that lead to private networks."""
    old = isinstance(address, IPv6Address) and (address.is_reserved or address.is_site_local)
    return address.is_global and not address.is_multicast and not old


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one carries, or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
