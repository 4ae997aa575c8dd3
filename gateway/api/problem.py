"""What the API answers when it cannot do what was asked: problem JSON that echoes no input."""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_REASONS_MAX = 10


class Problem(Exception):  # noqa: N818  (the field's own word: problem JSON, RFC 9457)
    """An answer that is not the one asked for; raised by routes, turned into JSON here."""

    def __init__(self, status: int, code: str, title: str, detail: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail


def finite_json(value: Any, status: int = 200, media_type: str = "application/json") -> Response:
    """`value` as JSON; a number that is not finite becomes null, since JSON has none."""
    return Response(msgspec.json.encode(value), status, media_type=media_type)


ErrorPage = Callable[[Request, int, str], Response]
"""Makes the page for a person whose request ended with that status and code."""


def install(app: FastAPI, page: ErrorPage) -> None:
    """What goes wrong under `/api` is answered as problem JSON, elsewhere as a page."""
    app.add_exception_handler(Problem, partial(_answer, page))
    app.add_exception_handler(RequestValidationError, partial(_answer, page))
    app.add_exception_handler(HTTPException, partial(_answer, page))


def _answer(page: ErrorPage, request: Request, error: Exception) -> Response:
    problem = _problem(error)
    if not request.url.path.startswith("/api/"):
        return page(request, problem.status, problem.code)
    body = {"title": problem.title, "detail": problem.detail, "code": problem.code}
    return finite_json(body, problem.status, "application/problem+json")


def _problem(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _not_valid(error)
        case HTTPException():
            return Problem(error.status_code, f"http_{error.status_code}", str(error.detail))
    raise error


def _not_valid(error: RequestValidationError) -> Problem:
    # The framework's own answer repeats the refused input, which may be a phone number, and
    # fails on NaN. Only the places and the kinds of fault are told.
    reasons = [
        f"{'.'.join(str(part)[:40] for part in fault['loc'][:4])}: {fault['type']}"
        for fault in error.errors()[:_REASONS_MAX]
    ]
    title = "The request does not have the form asked for."
    return Problem(422, "not_valid", title, "; ".join(reasons))
