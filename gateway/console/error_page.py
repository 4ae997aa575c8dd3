"""The page for a request that could not be served; it repeats nothing of the request."""

from starlette.requests import Request
from starlette.responses import Response

from gateway.console.page import render
from gateway.console.texts import TEXTS

_KEYS = {403: "error.403", 404: "error.404"}


def error_page(request: Request, status: int, code: str) -> Response:
    """A page that says so, and why where people can mend it, and leads back to the incidents."""
    why = f"error.{code}"
    general = _KEYS.get(status, "error.other")
    key = "error.other" if why in TEXTS else general
    return render(request, "error.html", status, key=key, why=why if why in TEXTS else "")
