"""Answers with an ETag, pages with a cursor, and errors as RFC 9457 says."""

import base64
import json
from collections.abc import Mapping
from hashlib import blake2b
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteHTTPException

from schemas.api import Problem
from streams.serve.commands_log import LogError
from streams.serve.reader import ReaderError

PROBLEM_TYPE = "application/problem+json"
_PROBLEM = {"content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def answer(request: Request, told: BaseModel) -> Response:
    """The model as JSON; 304 when the asker has it already."""
    body = told.model_dump_json().encode()
    tag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    held = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if tag in held or "*" in held:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def problems(*statuses: int, cached: bool = True) -> dict[int | str, dict[str, Any]]:
    """What a route may answer beside its model, for OpenAPI."""
    told: dict[int | str, dict[str, Any]] = {
        status: {"description": HTTPStatus(status).phrase, **_PROBLEM} for status in (*statuses, 422)
    }
    return told | ({304: {"description": "Not modified: If-None-Match has the ETag"}} if cached else {})


def cursor_of(key: tuple[Any, ...]) -> str:
    """Where the next page begins."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def key_of(cursor: str, like: tuple[type, ...]) -> tuple[Any, ...]:
    """The key in a cursor; 422 when it is none of ours."""
    try:
        key = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except ValueError:
        key = None
    if not isinstance(key, list) or [type(part) for part in key] != list(like):
        raise HTTPException(422, "cursor: take it from `next` of the page before, with the same order")
    return tuple(key)


def install(app: FastAPI) -> None:
    """Every error of the app becomes a problem document."""

    @app.exception_handler(StarletteHTTPException)
    async def _http(_: Request, error: StarletteHTTPException) -> Response:
        return problem(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> Response:
        told = (f"{'.'.join(map(str, one['loc'][1:])) or one['loc'][0]}: {one['msg']}" for one in error.errors())
        return problem(422, "; ".join(told))

    @app.exception_handler(ReaderError)
    @app.exception_handler(LogError)
    async def _unavailable(_: Request, error: Exception) -> Response:
        return problem(503, str(error))


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """A problem document."""
    told = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return Response(told.model_dump_json(), status, headers, PROBLEM_TYPE)
