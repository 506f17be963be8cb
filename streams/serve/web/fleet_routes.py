"""``/v1/fleet``, ``/v1/cohorts``, ``/v1/variants`` and ``/v1/live``."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from schemas.api import Cohorts, Fleet, Variants
from streams.serve import variant_list
from streams.serve.cohorts import TOLD, Kind, cohorts
from streams.serve.fleet_view import FleetView
from streams.serve.live import Live
from streams.serve.web.answers import answer, problems


def routes(view: FleetView, live: Live, folder: Path | None) -> APIRouter:
    """The routes over a fleet; ``folder``: variants beside the shipped ones."""
    router = APIRouter(prefix="/v1", tags=["fleet"])
    loaded = variant_list.known(folder)

    @router.get("/fleet", response_model=Fleet, responses=problems())
    async def get_fleet(request: Request) -> Response:
        """The fleet in a few numbers."""
        return answer(request, view.counts())

    @router.get("/cohorts", response_model=Cohorts, responses=problems(503))
    def get_cohorts(
        request: Request, by: Annotated[Kind, Query(description="what they share")] = Kind.VARIANT
    ) -> Response:
        """Units that share an origin beside each other: what they ask for, and the spread of slow parameters."""
        alerts = view.alerts.views()
        rows = view.reader.cohorts(by.value) if by in TOLD else []
        return answer(request, cohorts(by, list(view.summaries.values()), view.days(), rows, alerts))

    @router.get("/variants", response_model=Variants, responses=problems())
    async def get_variants(request: Request) -> Response:
        """Every variant that twins are known for, and how many units of it are here."""
        units = Counter(summary.variant for summary in list(view.summaries.values()))
        items = [one.model_copy(update={"units": units[one.name]}) for one in loaded]
        return answer(request, Variants(items=items))

    @router.get(
        "/live",
        response_class=StreamingResponse,
        responses={200: {"description": "server-sent events", "content": {"text/event-stream": {}}}},
    )
    async def get_live() -> StreamingResponse:
        """What changes, as server-sent events: ``fleet`` (Fleet) at once and at each change, ``twin`` (TwinSummary)
        for each unit that changed, ``reload`` instead when many did."""

        async def events() -> AsyncIterator[str]:
            async for event in live.follow():
                yield event

        return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-cache"})

    return router
