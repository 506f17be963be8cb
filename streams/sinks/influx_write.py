"""One write request to InfluxDB, and what its answer means."""

import contextlib
import email.utils
import re
import time
from http.client import HTTPException
from typing import Any, NamedTuple

import orjson
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from streams.sinks.sending import RetryError

REFUSED = (400, 413, 422)
"""The lines themselves are at fault (syntax, size, type conflict, older than the retention): repeating is no use."""

ACT = {
    401: "the token is not known: set a valid one",
    403: "the token may not write to the bucket: give it write permission",
    404: "bucket or organisation does not exist: run `edu-twin setup`",
}
PRECISION: Any = "us"  # the client's own constant is a str, its annotation is not
LONGEST_RETRY_AFTER_S = 600.0


class Refusal(NamedTuple):
    """InfluxDB will never take (some of) these lines. ``dropped``: how many, where it says so."""

    reason: str
    dropped: int | None


class InfluxWriter:
    """Writes line protocol synchronously, without gzip and without the client's own retries."""

    def __init__(self, url: str, token: str, org: str, bucket: str, timeout_s: float) -> None:
        self._client = InfluxDBClient(url, token, org=org, timeout=int(timeout_s * 1000), retries=False)
        self._api = self._client.write_api(write_options=SYNCHRONOUS)
        self._bucket = bucket

    def post(self, lines: bytes) -> Refusal | None:
        """Write; None when stored, a Refusal when the lines are at fault, RetryError for everything else."""
        try:
            self._api.write(self._bucket, record=lines, write_precision=PRECISION)
        except ApiException as problem:
            return _meaning(problem)
        except (HTTPError, HTTPException, OSError) as problem:
            raise RetryError(f"{type(problem).__name__}: {problem}") from problem
        return None

    def close(self) -> None:
        """Drop the connections."""
        self._client.close()  # type: ignore[no-untyped-call]


def _meaning(problem: ApiException) -> Refusal:
    status = int(problem.status or 0)
    message = _message(problem.body)
    if status in REFUSED:
        dropped = re.search(r"dropped=(\d+)", message)
        return Refusal(f"{status} {message}", int(dropped[1]) if dropped else None)
    headers: Any = problem.headers or {}
    advice = f" ({ACT[status]})" if status in ACT else ""
    alarm = 300 <= status < 500 and status not in (408, 429)
    raise RetryError(f"HTTP {status} {message}{advice}", retry_after_s(headers.get("Retry-After")), alarm) from problem


def _message(body: bytes | str | None) -> str:
    """The server's own words, shortened; a body is JSON from InfluxDB and anything from a proxy."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""
    with contextlib.suppress(orjson.JSONDecodeError, KeyError, TypeError):
        text = str(orjson.loads(text)["message"])
    return text[:500]


def retry_after_s(value: str | None) -> float:
    """Seconds of a ``Retry-After`` header, given as a number or as an HTTP date; 0 if there is none to understand."""
    if not value:
        return 0.0
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except ValueError:
            return 0.0
    return min(max(0.0, seconds), LONGEST_RETRY_AFTER_S)
