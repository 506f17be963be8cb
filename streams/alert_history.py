"""The alerts both stages have told: read from the maker's topic or a lake, and what holds of each now."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from schemas.alerts import Alert
from schemas.fleet_alerts import FleetAlert, FleetTransition
from streams.committed import committed
from streams.limits import LIMIT, stories
from streams.setup import ALERT_PARTITIONS
from streams.sinks.lake import connect

FLEET_EVENT, UNIT_EVENT = b"edu_twin.fleet_alert.", b"edu_twin.alert."
DAY_PART = b"edu_twin.day_part.v1"
ENDS = (FleetTransition.RESOLVED, FleetTransition.EXPIRED)
DAYS_A_MONTH = 365.25 / 12.0


class History(NamedTuple):
    """Steps in their order; days of all units, each from its first to its last; days of the fleet."""

    alerts: list[FleetAlert]
    unit_days: int
    days: int

    @property
    def unit_months(self) -> float:
        """The units' days as months."""
        return self.unit_days / DAYS_A_MONTH


async def told(brokers: list[str], maker: str) -> list[FleetAlert]:
    """Transitions from the alerts topic; of one alert in their order. KafkaError when nobody answers."""
    alerts: dict[str, FleetAlert] = {}
    said: dict[str, Alert] = {}
    async for record in committed(brokers, f"edu.{maker}.alerts.v1", ALERT_PARTITIONS):
        kind = dict(record.headers).get("ce_type", b"")
        if kind.startswith(FLEET_EVENT):
            alert = FleetAlert.model_validate_json(record.value)
            alerts[alert.id] = alert
        elif kind.startswith(UNIT_EVENT):
            of_unit = Alert.model_validate_json(record.value)
            said[of_unit.id] = of_unit
    return _with_limits(alerts.values(), said.values())


async def of_topics(brokers: list[str], maker: str) -> History:
    """The same with the days of the fleet's log."""
    seen: dict[str, list[int]] = {}
    async for record in committed(brokers, f"edu.{maker}.daily.v1", 1):
        head = dict(record.headers)
        if head.get("ce_type") == DAY_PART:
            unit, day, _ = head["ce_id"].decode().rsplit("/", 2)
            seen.setdefault(unit, []).append(int(day))
    return _history(await told(brokers, maker), ((unit, min(days), max(days)) for unit, days in seen.items()))


def of_lake(folder: Path) -> History:
    """The same from a lake. FileNotFoundError when there is none."""
    with connect(folder) as lake:
        told = _rows(lake, "SELECT * EXCLUDE (time_us, time) FROM fleet_alerts ORDER BY day, id")
        said = _rows(lake, 'SELECT * EXCLUDE ("partition", time) FROM alerts')
        spans = lake.execute("SELECT unit, min(day), max(day) FROM edu_day GROUP BY unit").fetchall()
    order = list(FleetTransition)
    of_fleet = sorted(map(FleetAlert.model_validate, told), key=lambda one: (one.day, order.index(one.transition)))
    return _history(_with_limits(of_fleet, map(Alert.model_validate, said)), spans)


def standing(alerts: Iterable[FleetAlert]) -> list[FleetAlert]:
    """The last transition of each alert, pages first, then the newest; those that ended at the end."""
    rank = {"page": 0, "ticket": 1, "watch": 2}
    newest = {alert.alert_id: alert for alert in alerts}
    return sorted(
        newest.values(),
        key=lambda alert: (alert.transition in ENDS, alert.shadow, rank[alert.severity], -alert.opened_day, alert.id),
    )


def find(alerts: Iterable[FleetAlert], alert_id: str) -> list[FleetAlert]:
    """All transitions of one alert, in their order."""
    return [alert for alert in alerts if alert.alert_id == alert_id]


def _rows(lake: duckdb.DuckDBPyConnection, query: str) -> Iterator[dict[str, Any]]:
    found = lake.execute(query)
    names = [column[0] for column in found.description]
    return (dict(zip(names, row, strict=True)) for row in found.fetchall())


def _with_limits(told: Iterable[FleetAlert], said: Iterable[Alert]) -> list[FleetAlert]:
    every, today = list(told), int(time.time()) // 86_400
    return [*(one for one in every if one.detector != LIMIT), *stories(said, every, today)]


def _history(alerts: list[FleetAlert], spans: Iterable[tuple[str, int, int]]) -> History:
    known = list(spans)
    first = min((begin for _, begin, _ in known), default=0)
    last = max((end for _, _, end in known), default=-1)
    return History(alerts, sum(end - begin + 1 for _, begin, end in known), last - first + 1)
