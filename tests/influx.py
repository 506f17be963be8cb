"""InfluxQL of a test's bucket, as Grafana asks it."""

import json
import urllib.parse
import urllib.request
from typing import Any, Protocol


class Server(Protocol):
    @property
    def url(self) -> str: ...
    @property
    def token(self) -> str: ...


def influxql(server: Server, bucket: str, query: str) -> list[list[dict[str, Any]]]:
    """Rows of each series of the answer as dictionaries, with its tags; times in microseconds."""
    parameters = urllib.parse.urlencode({"db": bucket, "q": query, "epoch": "u"})
    request = urllib.request.Request(
        f"{server.url}/query?{parameters}", headers={"Authorization": f"Token {server.token}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        results = json.load(answer)["results"]
    problems = [result["error"] for result in results if "error" in result]
    assert not problems, f"{query}: {problems}"
    return [
        [dict(zip(series["columns"], row, strict=True)) | series.get("tags", {}) for row in series["values"]]
        for result in results
        for series in result.get("series", [])
    ]
