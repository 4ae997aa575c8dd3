"""Until when the certificates of a TLS link are valid: the server's and its authority's.

Whichever ends first ends the link, at the next time that it has to be made.
"""

import ssl
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from edge.reading import SECOND_NS


@runtime_checkable
class Certified(Protocol):
    """A session that can tell by which certificates it goes."""

    @property
    def certificate_until_ns(self) -> int | None:
        """When the first certificate of this link ends; None without a link or without TLS."""
        ...


def valid_until_ns(link: object) -> int | None:
    """When the first certificate of `link` ends; None of anything but a TLS link that is shaken.

    Of an authority's old and new certificate, both trusted while one takes over from the other,
    the one that lasts longer counts.
    """
    if not isinstance(link, ssl.SSLSocket):
        return None
    shown = link.getpeercert()
    if not shown:
        return None
    by = shown.get("issuer")
    trusted = [each for each in link.context.get_ca_certs() if each.get("subject") == by]
    ends = [_end_s(shown)]
    if trusted:
        ends.append(max(_end_s(each) for each in trusted))
    return min(ends) * SECOND_NS


def _end_s(certificate: Mapping[str, object]) -> int:
    return ssl.cert_time_to_seconds(str(certificate["notAfter"]))
