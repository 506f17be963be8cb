"""The application: routes, errors, the page, and the task that keeps the fleet's view fresh."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from secrets import compare_digest
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response

from schemas.api import Problem
from streams.serve.commands_log import LogError
from streams.serve.fleet_view import FleetView
from streams.serve.live import Live
from streams.serve.reader import ReaderError
from streams.serve.web import alert_routes, answers, fleet_routes, page, twin_routes

REFERENCE = "#/components/schemas/{model}"
log = structlog.get_logger()


def application(view: FleetView, *, refresh_s: float = 5.0, variants: Path | None = None, token: str = "") -> FastAPI:
    """The API and the page over a view that has been refreshed once. ``refresh_s``: seconds between looks at the
    results; ``token``: what commands need as bearer token, if anything. VariantError when a variant of the folder
    cannot be used.
    """
    live = Live(view)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_keep_fresh(view, live, refresh_s))
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    app = FastAPI(
        title="EDU Twin",
        summary="Digital twins of electric drive units: state, health, alerts and cohorts of a fleet.",
        version=version("edu-twin"),
        lifespan=lifespan,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        separate_input_output_schemas=False,
    )
    answers.install(app)
    app.middleware("http")(_guard(token))
    for router in (twin_routes.routes(view), alert_routes.routes(view), fleet_routes.routes(view, live, variants)):
        app.include_router(router)
    app.include_router(page.routes())
    _describe_problems(app)
    return app


async def _keep_fresh(view: FleetView, live: Live, every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        try:
            live.tell(await asyncio.to_thread(view.refresh))
        except (ReaderError, LogError) as error:
            log.warning("results cannot be read, the last ones stay", problem=str(error))


def _guard(token: str) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    async def guarded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if request.method == "POST" and (refused := _refused(request, token)):
            return refused
        response = await call_next(request)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "default-src 'self'; img-src 'self' data:; frame-ancestors 'self'"
        return response

    return guarded


def _refused(request: Request, token: str) -> Response | None:
    """Another site's page must not acknowledge alerts through the browser of somebody who can; nor anybody without the
    token, where there is one.
    """
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return answers.problem(403, "commands are taken from this page and from tools, not from other sites")
    given = request.headers.get("authorization", "")
    if token and not compare_digest(given.encode(), f"Bearer {token}".encode()):
        told = "commands need the token of EDU_TWIN_SERVE__TOKEN: Authorization: Bearer TOKEN"
        return answers.problem(401, told, {"WWW-Authenticate": "Bearer"})
    return None


def _describe_problems(app: FastAPI) -> None:
    """OpenAPI as FastAPI makes it, with problem documents in place of its own errors."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        told = made()
        schemas = told["components"]["schemas"]
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        schemas["Problem"] = Problem.model_json_schema(ref_template=REFERENCE)
        return told

    app.openapi = openapi  # type: ignore[method-assign]
