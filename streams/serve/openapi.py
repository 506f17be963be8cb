"""The API's description for other languages: ``python -m streams.serve.openapi`` writes it, a test keeps it equal."""

import json
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from schemas.alerts import Alert
from schemas.fleet_alerts import FleetAlert
from streams.serve.commands_log import NoLog
from streams.serve.fleet_view import FleetView
from streams.serve.reader import Row, Span
from streams.serve.web.app import application


class _Nothing:
    """A reader without results."""

    def newest(self, series: str) -> list[Row]:
        return []

    def alerts(self) -> tuple[list[FleetAlert], list[Alert]]:
        return [], []

    def history(
        self, series: str, unit: str, fields: Sequence[str], span_us: tuple[int, int], most: int
    ) -> tuple[list[Row], bool]:
        return [], False

    def before(self, series: str, unit: str, time_us: int) -> Row | None:
        return None

    def segments(self, unit: str) -> list[Span]:
        return []

    def lives(self, unit: str) -> list[Row]:
        return []

    def life(self, unit: str, component: str) -> list[Row]:
        return []

    def cohorts(self, kind: str) -> list[Row]:
        return []

    def close(self) -> None:
        pass


def described() -> str:
    """OpenAPI as JSON."""
    told = application(FleetView(_Nothing(), NoLog())).openapi()
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def path() -> Path:
    """Where it is committed."""
    return Path(str(files("schemas").joinpath("generated", "openapi.json")))


def main() -> None:
    """Write it if it differs, and say so."""
    content = described()
    if not path().exists() or path().read_text(encoding="utf-8") != content:
        path().write_text(content, encoding="utf-8")
        print("wrote schemas/generated/openapi.json", file=sys.stderr)


if __name__ == "__main__":
    main()
