"""InfluxDB buckets of a maker and their retention."""

import time
from collections.abc import Callable
from typing import Any

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from streams.settings import InfluxSettings, Settings

DAY_S = 86_400
RETRY_PAUSE_S = 0.5


class SetupError(RuntimeError):
    """Something exists in a way that does not fit, or a server does not answer; says what to do."""


def create_buckets(settings: Settings) -> list[str]:
    """Create missing buckets and set their retention, waiting for the server; a line per bucket.

    Nothing when no InfluxDB is set. SetupError when it refuses or does not answer within ``start_timeout_s``.
    """
    return _until_it_answers(lambda: _create_buckets(settings.influx), settings) if settings.influx.url else []


def _create_buckets(influx: InfluxSettings) -> list[str]:
    wanted = {influx.bucket: influx.retention_days, influx.daily_bucket: influx.daily_retention_days}
    with InfluxDBClient(influx.url, influx.token.get_secret_value(), org=influx.org) as client:
        buckets = client.buckets_api()
        return [_ensure_bucket(buckets, name, days, influx.org) for name, days in wanted.items()]


def _ensure_bucket(buckets: Any, name: str, days: int, org: str) -> str:
    rules = [BucketRetentionRules(type="expire", every_seconds=days * DAY_S)] if days else []  # type: ignore[no-untyped-call]
    keeps = f"keeps {days} days" if days else "keeps for ever"
    bucket = buckets.find_bucket_by_name(name)
    if bucket is None:
        buckets.create_bucket(bucket_name=name, retention_rules=rules, org=org)
        return f"bucket {name}: created, {keeps}"
    found_s = sum(rule.every_seconds for rule in bucket.retention_rules)
    if found_s == days * DAY_S:
        return f"bucket {name}: exists, {keeps}"
    bucket.retention_rules = rules
    buckets.update_bucket(bucket)
    return f"bucket {name}: retention changed, {keeps}"


def _until_it_answers(action: Callable[[], list[str]], settings: Settings) -> list[str]:
    deadline = time.monotonic() + settings.start_timeout_s
    where = settings.influx.url
    while True:
        try:
            return action()
        except ApiException as error:
            if error.status < 500:
                hint = "check EDU_TWIN_INFLUX__TOKEN and EDU_TWIN_INFLUX__ORG"
                raise SetupError(f"InfluxDB at {where} refuses: {error.status} {error.reason}; {hint}") from None
            problem = f"{error.status} {error.reason}"
        except HTTPError as error:
            problem = str(error)
        if time.monotonic() > deadline:
            raise SetupError(f"InfluxDB does not answer at {where}: check EDU_TWIN_INFLUX__URL ({problem})")
        time.sleep(RETRY_PAUSE_S)
