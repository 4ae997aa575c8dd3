"""Whether an unsafe request comes from our own pages (defence against request forgery)."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_ours(method: str, headers: Headers) -> bool:
    """Whether the request changes nothing, or its browser vouches that our page sent it.

    Browsers send `Sec-Fetch-Site` over https and on localhost, `Origin` with every POST; a
    request with neither is refused. A script of our own sends `Origin`.
    """
    if method in SAFE_METHODS:
        return True
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc == headers.get("host")
