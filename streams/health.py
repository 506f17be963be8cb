"""``/live``, ``/ready`` and ``/metrics`` of a worker.

Live: the event loop answers. Ready: results come out; when not, the answer says why. Waiting for a sink is alive but
not ready: a restart would not bring the sink back.
"""

from collections.abc import Callable, Sequence

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

log = structlog.get_logger()
Reasons = Callable[[], Sequence[str]]
"""Why the worker is not ready; empty when it is."""


def application(reasons: Reasons, registry: CollectorRegistry) -> web.Application:
    """The three endpoints."""

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def ready(_: web.Request) -> web.Response:
        why = list(reasons())
        return web.json_response({"ready": not why, "reasons": why}, status=503 if why else 200)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/live", live), web.get("/ready", ready), web.get("/metrics", metrics)])
    return app


async def serve(app: web.Application, host: str, port: int) -> web.AppRunner:
    """Start to serve on the running loop; OSError when the port is taken."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise OSError(f"health port {host}:{port}: {error.strerror}; set EDU_TWIN_HEALTH_PORT") from error
    log.info("health endpoints", host=host, port=port)
    return runner
