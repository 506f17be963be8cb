"""The notifier on a real broker: tells what is new, once, also after a kill, and knows what was open before."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer

from schemas.fleet_alerts import FleetAlert, FleetTransition
from streams.sinks.kafka_messages import fleet_alert_record
from tests.fleet_told import OPENED_DAY, fleet_alert
from tests.integration.runs import Run
from tests.integration.worker_process import until

MAKER = "notifytest"
pytestmark = pytest.mark.stack


class Tools(ThreadingHTTPServer):
    """A webhook and an Alertmanager in one: keeps what it gets, by path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[tuple[str, Any]] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def events(self) -> list[str]:
        """Ids of the CloudEvents."""
        return [body["id"] for path, body in self.taken if path == "/hook"]

    def firing(self) -> set[str]:
        """Units in the newest that Alertmanager was told of."""
        bodies = [body for path, body in self.taken if path == "/api/v2/alerts"]
        return {one["labels"]["unit"] for one in bodies[-1]} if bodies else set()


class _Handler(BaseHTTPRequestHandler):
    server: Tools

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, json.loads(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def tools() -> Iterator[Tools]:
    with Tools() as server:
        yield server
        server.shutdown()


@pytest.mark.timeout(150)
def test_steps_are_told_once_over_a_kill_and_old_ones_only_as_open(
    kafka: Any, influxdb: Any, tools: Tools, tmp_path: Path
) -> None:
    run = Run("notify", MAKER, kafka, influxdb, tmp_path)
    run.create_topics()
    url = f"http://127.0.0.1:{tools.server_address[1]}"
    told = {"EDU_TWIN_NOTIFY__WEBHOOK_URL": f"{url}/hook", "EDU_TWIN_NOTIFY__ALERTMANAGER_URL": url}
    notifier = run.worker("notify", verb="notify", EDU_TWIN_NOTIFY__REPEAT_S="0.5", **told)
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all")

    def say(*alerts: FleetAlert) -> list[str]:
        for alert in alerts:
            record = fleet_alert_record(alert)
            producer.send(run.topic("alerts"), record.value, record.key, headers=list(record.headers))
        producer.flush(10)
        return [alert.id for alert in alerts]

    say(fleet_alert(subject="old"), fleet_alert(subject="done"), fleet_alert(subject="watched", severity="watch"))
    say(fleet_alert(FleetTransition.RESOLVED, OPENED_DAY + 9, subject="done"))
    try:
        notifier.start()
        until(lambda: tools.firing() == {"old"}, 60, "what is open")
        first = say(fleet_alert(), fleet_alert(FleetTransition.UPDATED, OPENED_DAY + 4))
        until(lambda: tools.firing() == {"old", "u1"} and len(tools.events()) == 2, 20, "what is new")
        notifier.kill()
        second = say(fleet_alert(FleetTransition.RESOLVED, OPENED_DAY + 8))
        notifier.start()
        until(lambda: len(tools.events()) >= 3 and tools.firing() == {"old"}, 60, "the end of it")
        assert notifier.end() == 0
    finally:
        notifier.close()
        producer.close(1)
    assert tools.events() == first + second
