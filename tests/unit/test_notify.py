"""People's tools are told each step once, by an endpoint that fails now and then."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout, web

from schemas.alerts import Transition
from schemas.daily import Acknowledge
from schemas.fleet_alerts import FleetAlert, FleetTransition
from streams import notify
from streams.limits import taken
from streams.notify import Alertmanager, Tool, Webhook, take
from streams.notify_messages import Book, step_of
from streams.records import Message
from streams.settings import NotifySettings
from streams.sinks.kafka_messages import alert_message, topics
from tests.fleet_told import OPENED_DAY, fleet_alert, record_of
from tests.synthetic import alert as unit_alert

NOW_S = (OPENED_DAY + 30) * 86_400.0


class Endpoint:
    """Answers as scripted, then 200; keeps what it took."""

    def __init__(self, *script: int) -> None:
        self.script = list(script)
        self.taken: list[Any] = []
        self.heads: list[Any] = []

    async def answer(self, request: web.Request) -> web.Response:
        status = self.script.pop(0) if self.script else 200
        if status == 0:
            raise ConnectionResetError
        if status < 300:
            self.taken.append(await request.json())
            self.heads.append((request.path, dict(request.headers)))
        return web.Response(status=status, text="words")


async def served(endpoint: Endpoint) -> tuple[web.AppRunner, str]:
    made = web.Application()
    made.router.add_post("/{path:.*}", endpoint.answer)
    runner = web.AppRunner(made)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


def told(endpoint: Endpoint, kind: str, *alerts: FleetAlert, new: bool = True, **settings: Any) -> Book:
    """All of them to one tool."""

    async def story() -> Book:
        runner, url = await served(endpoint)
        chosen = NotifySettings(webhook_url=f"{url}/hook", alertmanager_url=url, **settings)
        book = Book()
        async with ClientSession(timeout=ClientTimeout(2)) as session:
            tool: Tool = Webhook(chosen, session)
            if kind == "alertmanager":
                tool = Alertmanager(chosen, session, lambda: NOW_S)
            for offset, one in enumerate(alerts):
                await take(record_of(one, offset), new, book, tool, chosen.least_severity, chosen.page_url)
            if kind == "repeat":
                again = asyncio.create_task(Alertmanager(chosen, session, lambda: NOW_S).repeat(book))
                await asyncio.sleep(0.3)
                again.cancel()
        await runner.cleanup()
        return book

    return run(story())


def run(story: Coroutine[Any, Any, Book]) -> Book:
    return asyncio.run(story)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "FIRST_PAUSE_S", 0.01)


def test_a_webhook_gets_cloud_events_with_ids_that_stay() -> None:
    endpoint = Endpoint()
    told(endpoint, "webhook", fleet_alert(), fleet_alert(FleetTransition.RESOLVED, OPENED_DAY + 9), webhook_token="key")
    opened, resolved = endpoint.taken
    assert (opened["id"], opened["specversion"]) == (f"u1/{OPENED_DAY}/opened/{OPENED_DAY}", "1.0")
    assert opened["type"] == "edu_twin.fleet_alert.opened.v1"
    assert opened["data"]["diagnosis"] == "cooling_loss"
    assert resolved["type"] == "edu_twin.fleet_alert.resolved.v1"
    path, head = endpoint.heads[0]
    assert (path, head["Content-Type"]) == ("/hook", "application/cloudevents+json")
    assert head["Authorization"] == "Bearer key"


def test_a_tool_that_is_down_is_told_until_it_takes_it_and_a_refusal_is_left_out() -> None:
    endpoint = Endpoint(503, 429, 500, 200, 400)
    told(endpoint, "webhook", fleet_alert(), fleet_alert(subject="u2"), fleet_alert(subject="u3"))
    assert [event["data"]["subject"] for event in endpoint.taken] == ["u1", "u3"]


def test_what_is_in_shadow_or_below_the_severity_is_told_to_nobody() -> None:
    endpoint = Endpoint()
    in_hand = taken(Acknowledge(maker="bmw", alert_id="u3/oil_over_temperature", time_us=1), "model")
    assert in_hand
    book = told(endpoint, "webhook", fleet_alert(shadow=True), fleet_alert(severity="watch"), in_hand)
    assert (endpoint.taken, book.open) == ([], {})
    told(endpoint, "webhook", fleet_alert(severity="watch"), least_severity="watch")
    assert len(endpoint.taken) == 1


def test_what_has_lasted_in_a_unit_is_to_be_watched() -> None:
    for name, severity in (("coolant_sensors_contradict", "watch"), ("oil_over_temperature", "ticket")):
        message = alert_message(unit_alert().model_copy(update={"alert": name}), topics("bmw"))
        step = step_of(Message(message.key, message.value, message.headers, 0, 0))
        assert not isinstance(step, str)
        assert (step.severity, step.labels["severity"]) == (severity, severity)


def test_what_was_told_before_a_restart_is_known_but_not_told_again() -> None:
    endpoint = Endpoint()
    book = told(endpoint, "webhook", fleet_alert(), new=False)
    assert endpoint.taken == []
    assert list(book.open) == [f"u1/{OPENED_DAY}"]


def test_alertmanager_hears_of_beginning_escalation_and_end() -> None:
    endpoint = Endpoint()
    told(
        endpoint,
        "alertmanager",
        fleet_alert(),
        fleet_alert(FleetTransition.UPDATED, OPENED_DAY + 3, severity="page"),
        fleet_alert(FleetTransition.RESOLVED, OPENED_DAY + 9, severity="page"),
        repeat_s=60,
    )
    opened, escalated, ended = endpoint.taken
    assert endpoint.heads[0][0] == "/api/v2/alerts"
    assert opened[0]["labels"] == {
        "alertname": "edu_fleet",
        "maker": "bmw",
        "unit": "u1",
        "severity": "ticket",
        "alert_id": f"u1/{OPENED_DAY}",
    }
    assert opened[0]["startsAt"] < "2026-03-18T00:00:00.000Z" < opened[0]["endsAt"]
    assert [(one["labels"]["severity"], one["endsAt"] > one["startsAt"]) for one in escalated] == [
        ("ticket", True),
        ("page", True),
    ]
    assert escalated[0]["endsAt"] < escalated[1]["endsAt"], "the ticket is over, the page goes on"
    assert [one["labels"]["severity"] for one in ended] == ["page"]
    assert ended[0]["endsAt"] == escalated[0]["endsAt"] == "2026-03-18T00:00:00.000Z"


def test_alertmanager_is_told_again_of_what_is_open() -> None:
    endpoint = Endpoint(503)
    told(endpoint, "repeat", fleet_alert(), fleet_alert(subject="u2"), new=False, repeat_s=0.05)
    assert len(endpoint.taken) >= 2, "what it did not take is told the next time"
    assert {one["labels"]["unit"] for one in endpoint.taken[-1]} == {"u1", "u2"}


def test_alerts_of_the_unit_stage_are_told_too() -> None:
    message = alert_message(unit_alert(), topics("bmw"))
    step = step_of(Message(message.key, message.value, message.headers, 0, 0))
    assert not isinstance(step, str)
    assert (step.name, step.ends) == ("unit-0/oil_over_temperature", False)
    over = alert_message(unit_alert(transition=Transition.RESOLVED), topics("bmw"))
    end = step_of(Message(over.key, over.value, over.headers, 0, 1))
    assert not isinstance(end, str)
    assert (end.name, end.ends) == (step.name, True)
    assert isinstance(step_of(Message(b"", b"{}", message.headers, 0, 2)), str)


def test_what_is_told_links_to_the_page() -> None:
    page = "https://edu.example/twins/"
    of_unit, of_cohort = fleet_alert(), fleet_alert(subject="batch:bmw-i3/b 7")
    for kind, key in (("webhook", "pageurl"), ("alertmanager", "generatorURL")):
        endpoint = Endpoint()
        told(endpoint, kind, of_unit, of_cohort, page_url=page)
        links = [(one[0] if isinstance(one, list) else one)[key] for one in endpoint.taken]
        assert links == [
            "https://edu.example/twins/units/u1",
            f"https://edu.example/twins/alerts/batch%3Abmw-i3/b%207/{OPENED_DAY}",
        ]
    message = alert_message(unit_alert(), topics("bmw"))
    said = step_of(Message(message.key, message.value, message.headers, 0, 0), page)
    assert not isinstance(said, str)
    assert said.page == "https://edu.example/twins/units/unit-0"
    endpoint = Endpoint()
    told(endpoint, "alertmanager", of_unit)
    assert "generatorURL" not in endpoint.taken[0][0]
