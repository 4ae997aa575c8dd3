"""The page for a request that could not be served; it repeats nothing of the request."""

from starlette.requests import Request
from starlette.responses import Response

from gateway.console.page import render

_KEYS = {403: "error.403", 404: "error.404"}


def error_page(request: Request, status: int) -> Response:
    """A page that says so in the reader's language and leads back to the incidents."""
    return render(request, "error.html", status, key=_KEYS.get(status, "error.other"))
