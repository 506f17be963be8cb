"""``/v1/alerts``: what the fleet stage found and which limits units crossed, and taking it in hand."""

import time
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from schemas.api import AlertPage, AlertStory, AlertView, SnoozeRequest
from schemas.daily import Acknowledge, Snooze
from streams.serve.alert_book import Command, place
from streams.serve.fleet_view import FleetView
from streams.serve.web.answers import answer, cursor_of, key_of, problems

AlertPath = Annotated[str, Path(max_length=300, description="id of the alert through its life")]


class Show(StrEnum):
    """Which alerts."""

    OPEN = "open"
    ALL = "all"


class Severity(StrEnum):
    """How urgent."""

    PAGE = "page"
    TICKET = "ticket"
    WATCH = "watch"


def routes(view: FleetView) -> APIRouter:
    """The routes over a fleet."""
    router = APIRouter(prefix="/v1/alerts", tags=["alerts"])

    @router.get("", response_model=AlertPage, responses=problems())
    async def list_alerts(
        request: Request,
        show: Show = Show.OPEN,
        severity: Severity | None = None,
        subject: Annotated[str | None, Query(max_length=200, description="unit, or kind:variant/cohort")] = None,
        cursor: Annotated[str | None, Query(max_length=600)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Response:
        """Alerts as they are now, the most urgent first; what somebody has in hand comes after what nobody has. Limits
        that are no more crossed are told with their subject only.
        """
        found = [
            alert
            for alert in view.alerts.views(subject)
            if (alert.is_open or show is Show.ALL) and severity in (None, alert.severity)
        ]
        after = key_of(cursor, (int, int, int, int, str)) if cursor else None
        rest = [alert for alert in found if place(alert) > after] if after else found
        page = rest[:limit]
        following = cursor_of(place(page[-1])) if len(rest) > limit else None
        return answer(request, AlertPage(items=page, total=len(found), next=following))

    # Sync routes run in threads: a log may be slow.
    @router.post("/{alert_id:path}/acknowledge", responses=problems(401, 403, 404, 409, 503, cached=False))
    def acknowledge(alert_id: AlertPath) -> AlertView:
        """Say that somebody has it in hand: from now on only an escalation speaks again, of a limit a crossing a
        week later.
        """
        maker = _open(alert_id).maker
        return _say(Acknowledge(maker=maker, alert_id=alert_id, time_us=time.time_ns() // 1000))

    @router.post("/{alert_id:path}/snooze", responses=problems(400, 401, 403, 404, 409, 503, cached=False))
    def snooze(alert_id: AlertPath, asked: SnoozeRequest) -> AlertView:
        """Silence an alert for some days, except for an escalation."""
        until = view.today() + timedelta(days=asked.days)
        maker = _open(alert_id).maker
        return _say(Snooze(maker=maker, alert_id=alert_id, until=until, time_us=time.time_ns() // 1000))

    @router.get("/{alert_id:path}", response_model=AlertStory, responses=problems(404))
    async def get_alert(request: Request, alert_id: AlertPath) -> Response:
        """One alert with its evidence, and every step of its life."""
        return answer(request, AlertStory(alert=_known(alert_id), steps=view.alerts.steps(alert_id)))

    def _known(alert_id: str) -> AlertView:
        found = view.alerts.view(alert_id)
        if found is None:
            raise HTTPException(
                404,
                f"there is no alert {alert_id}: GET /v1/alerts?show=all lists them, &subject=UNIT also limits",
            )
        return found

    def _open(alert_id: str) -> AlertView:
        found = _known(alert_id)
        if not found.is_open:
            raise HTTPException(409, f"{alert_id} is {found.transition}: only an open alert can be taken in hand")
        return found

    def _say(command: Command) -> AlertView:
        view.say(command)
        return _known(command.alert_id)

    return router
