"""Results of InfluxDB by InfluxQL: of the two buckets of one maker."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
import urllib3

from schemas.alerts import SERIES as ALERTS
from schemas.alerts import Alert
from schemas.fleet_alerts import FleetAlert
from schemas.results import DAILY, MEASUREMENT, OWN_TAGS
from streams.limits import LIMIT
from streams.serve.fields import looked_at
from streams.serve.reader import COHORT_DAYS, ReaderError, Row, Span, in_order
from streams.settings import InfluxSettings
from twin.layout import DAY_US

TIMEOUT_S = 60.0
LATE_US = 3_600_000_000
"""Points come up to so much later than newer ones of other units; later ones are found by a full look."""
LATE_ALERTS_US = 2 * DAY_US
"""The same of alerts: a step of the fleet stage has the time of its day's end."""
FULL_LOOK_S = 600.0
SHARE, LONGEST_S = 0.05, 60.0
"""Of its time the database is at most so long busy with one series: the longer an answer takes, the later the next is
asked for, though not later than this. A whole look does not count, and waits for nothing.
"""
MOST_POINTS = 100_000
MOST_ALERTS = 50_000
"""Asked for at once."""
_LISTS = ("evidence_for", "evidence_against", "changes")


class InfluxReader:
    """See ``Reader``."""

    def __init__(self, settings: InfluxSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._http = urllib3.PoolManager(maxsize=8, timeout=TIMEOUT_S, retries=False)
        self._newest_us: dict[str, int] = {}
        self._looked_at: dict[str, float] = {}
        self._next_at: dict[str, float] = {}

    def newest(self, series: str) -> list[Row]:
        """See ``Reader``."""
        tags = ["unit", "variant", "maker", *(tag for tag in OWN_TAGS if tag in MEASUREMENT[series].model_fields)]
        listed = ", ".join(f'"{tag}"' for tag in tags)
        began_s = self._clock()
        if (since := self._since(series, LATE_US)) is None:
            return []
        fields = ", ".join(f'"{field}"' for field in looked_at(series))
        query = f'SELECT {fields} FROM "{series}" {_where(since)}GROUP BY {listed} ORDER BY time DESC LIMIT 1'  # noqa: S608
        rows = self._rows(query, series)
        last: dict[tuple[Any, ...], Row] = {}
        for row in rows:  # a unit may have changed its variant
            key = (row["unit"], *(row[tag] for tag in tags[3:]))
            if key not in last or last[key]["time_us"] < row["time_us"]:
                last[key] = row
        self._heard(series, rows, began_s, whole=not since)
        return list(last.values())

    def alerts(self) -> tuple[list[FleetAlert], list[Alert]]:
        """See ``Reader``."""
        told, said = [], []
        began_s = self._clock()
        if (since := self._since(ALERTS, LATE_ALERTS_US)) is None:
            return [], []
        rows = self._pieces(since)
        timed = (row for row in rows if row.get("detector") != LIMIT)  # which have the time of the day they were said
        self._heard(ALERTS, timed, began_s, whole=not since)
        for row in rows:
            if row.get("is_cohort") is None:
                fields = {name: row.get(name) for name in Alert.model_fields}
                said.append(Alert.model_validate(fields | {"id": row["alert_id"]}))
            else:
                fields = {name: row.get(name) for name in FleetAlert.model_fields}
                lists = {name: json.loads(row.get(name) or "[]") for name in _LISTS}
                fields |= lists | {"id": row["alert_id"], "alert_id": row["alert"]}
                told.append(FleetAlert.model_validate(fields))
        return in_order(told, said)

    def _pieces(self, since: str) -> list[Row]:
        """Points of alerts, the newest first; some may come twice."""
        rows, until, following = list[Row](), None, ""
        while until != following:
            until = following
            query = f'SELECT * FROM "{ALERTS}" {_where(since, until)}ORDER BY time DESC LIMIT {MOST_ALERTS}'  # noqa: S608
            piece = self._rows(query, ALERTS)
            rows += piece
            if len(piece) >= MOST_ALERTS:
                following = f"time <= {piece[-1]['time_us']}u"
        return rows

    def history(
        self, series: str, unit: str, fields: Sequence[str], span_us: tuple[int, int], most: int
    ) -> tuple[list[Row], bool]:
        """See ``Reader``; of more than MOST_POINTS the newest."""
        since, until = span_us
        listed = ", ".join(f'"{field}"' for field in fields)
        where = f"{_of(unit)} AND time >= {since}u AND time <= {until}u"
        query = f'SELECT {listed} FROM "{series}" WHERE {where} ORDER BY time DESC LIMIT {MOST_POINTS}'  # noqa: S608
        rows = sorted(self._rows(query, series), key=lambda row: row["time_us"])
        return (rows, False) if len(rows) <= most else (_last_of_each(rows, most), True)

    def before(self, series: str, unit: str, time_us: int) -> Row | None:
        """See ``Reader``."""
        where = f"{_of(unit)} AND time <= {time_us}u"
        query = f'SELECT * FROM "{series}" WHERE {where} ORDER BY time DESC LIMIT 1'  # noqa: S608
        return next(iter(self._rows(query, series)), None)

    def segments(self, unit: str) -> list[Span]:
        """See ``Reader``."""
        columns = "segment, start_us, end_us, day, model_version"
        query = f'SELECT {columns} FROM "edu_day" WHERE {_of(unit)} LIMIT {MOST_POINTS}'  # noqa: S608
        by_number: dict[int, list[Row]] = defaultdict(list)
        for row in self._rows(query, "edu_day"):
            by_number[row["segment"]].append(row)
        return sorted((_span(number, days) for number, days in by_number.items()), key=lambda span: span.since_us)

    def lives(self, unit: str) -> list[Row]:
        """See ``Reader``."""
        tags = ", ".join(f'"{tag}"' for tag in ("unit", "variant", "maker", "component"))
        query = f'SELECT * FROM "edu_life" WHERE {_of(unit)} GROUP BY {tags} ORDER BY time DESC LIMIT 1'  # noqa: S608
        last: dict[str, Row] = {}
        for row in sorted(self._rows(query, "edu_life"), key=lambda row: int(row["time_us"])):
            last[row["component"]] = row  # a unit may have changed its variant
        return list(last.values())

    def life(self, unit: str, component: str) -> list[Row]:
        """See ``Reader``; of more than MOST_POINTS the newest. ``component`` is a word."""
        where = f"{_of(unit)} AND \"component\" = '{component}'"
        query = f'SELECT * FROM "edu_life" WHERE {where} ORDER BY time DESC LIMIT {MOST_POINTS}'  # noqa: S608
        return sorted(self._rows(query, "edu_life"), key=lambda row: int(row["time_us"]))

    def cohorts(self, kind: str) -> list[Row]:
        """See ``Reader``."""
        chosen = f'FROM "edu_cohort" WHERE "kind" = \'{kind}\''
        newest = self._rows(f'SELECT "units" {chosen} ORDER BY time DESC LIMIT 1', "edu_cohort")
        if not newest:
            return []
        since = newest[0]["time_us"] - COHORT_DAYS * DAY_US
        query = f'SELECT * {chosen} AND time > {since}u GROUP BY "variant", "cohort" ORDER BY time DESC LIMIT 1'
        return sorted(self._rows(query, "edu_cohort"), key=lambda row: (row["variant"], row["cohort"]))

    def close(self) -> None:
        """See ``Reader``."""
        self._http.clear()

    def _since(self, series: str, late_us: int) -> str | None:
        """Which points of a series to ask for: all at first and now and then, else what may be new; None: not yet."""
        now_s = self._clock()
        if now_s - self._looked_at.get(series, -FULL_LOOK_S) >= FULL_LOOK_S:
            return ""
        since = f"time > {self._newest_us[series] - late_us}u"
        return since if now_s >= self._next_at.get(series, now_s) else None

    def _heard(self, series: str, rows: Iterable[Row], began_s: float, *, whole: bool) -> None:
        """An answer came to what was asked at a time."""
        now_s = self._clock()
        if whole:
            self._looked_at[series] = now_s
        else:
            self._next_at[series] = now_s + min(LONGEST_S, (now_s - began_s) * (1.0 / SHARE - 1.0))
        self._newest_us[series] = max([self._newest_us.get(series, 0), *(row["time_us"] for row in rows)])

    def _rows(self, query: str, series: str) -> list[Row]:
        """Rows of an answer with their tags; every field of the series is there, None where it is not known."""
        settings = self._settings
        bucket = settings.daily_bucket if series in DAILY else settings.bucket
        asked = {"db": bucket, "q": query, "epoch": "u"}
        token = settings.token.get_secret_value()
        try:
            answer = self._http.request(
                "GET", f"{settings.url.rstrip('/')}/query", fields=asked, headers={"Authorization": f"Token {token}"}
            )
            told = orjson.loads(answer.data)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise ReaderError(f"InfluxDB at {settings.url}: {error}") from None
        results = told.get("results", ())
        problem = (
            told.get("error") or told.get("message") or next((one["error"] for one in results if "error" in one), "")
        )
        if problem:
            raise ReaderError(f"InfluxDB at {settings.url}, bucket {bucket}: {problem}")
        every = dict.fromkeys(MEASUREMENT[series].model_fields) if series in MEASUREMENT else {}
        rows = []
        for part in (series for result in results for series in result.get("series", ())):
            for values in part["values"]:
                row = every | part.get("tags", {}) | dict(zip(part["columns"], values, strict=True))
                row["time_us"] = row.pop("time")
                rows.append(row)
        return rows


def _where(*conditions: str) -> str:
    known = [one for one in conditions if one]
    return f"WHERE {' AND '.join(known)} " if known else ""


def _of(unit: str) -> str:
    escaped = unit.replace("\\", "\\\\").replace("'", "\\'")
    return f"\"unit\" = '{escaped}'"


def _last_of_each(rows: list[Row], most: int) -> list[Row]:
    """Of each of at most so many stretches of equal length the last row."""
    first, last = rows[0]["time_us"], rows[-1]["time_us"]
    stretch_us = (last - first) // most + 1
    return list({(row["time_us"] - first) // stretch_us: row for row in rows}.values())


def _span(number: int, days: Iterable[Row]) -> Span:
    own = sorted(days, key=lambda row: row["time_us"])
    since, until = min(row["start_us"] for row in own), max(row["end_us"] for row in own)
    return Span(number, since, until, len({row["day"] for row in own}), own[-1]["model_version"])
