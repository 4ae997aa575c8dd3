"""Where a server is, as an operator writes it: what can never be reached is a fault of the file."""

from ipaddress import IPv6Address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


def _host(text: str) -> str:
    if "/" in text or not text.isprintable() or " " in text:
        raise ValueError("write a name or an address alone, without scheme, path and spaces")
    if ":" in text:
        try:
            IPv6Address(text)
        except ValueError:
            raise ValueError("is no address; a port has a key of its own") from None
    try:
        text.encode("idna")
    except UnicodeError:
        raise ValueError("is no host name; look for two dots, or more than 63 signs") from None
    return text


def http_url(text: str) -> str:
    """`text`, which is `http://` or `https://` with a host, a port if there is one, and a path.

    Raises:
        ValueError: it is not; says why, and nothing of what is in it.
    """
    if not text.isprintable() or " " in text:
        raise ValueError("write an address without spaces")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("has no sound host or port") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise ValueError("write http:// or https:// and a host")
    _host(host)
    return text


HostName = Annotated[str, AfterValidator(_host)]
"""A name or an address that a connection can be tried with."""
HttpUrl = Annotated[str, AfterValidator(http_url)]
"""As `http_url` has it."""
