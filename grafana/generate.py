"""`python -m grafana.generate`: write dashboards and alert rules; a test keeps the files equal to the Python."""

import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana import alerts, cohorts, design, fleet, service, unit

FOLDER = Path(__file__).resolve().parent / "dashboards"
DASHBOARDS = {
    "alerts": alerts.build,
    "cohorts": cohorts.build,
    "design": design.build,
    "fleet": fleet.build,
    "service": service.build,
    "unit": unit.build,
}


def render(name: str) -> str:
    """A dashboard as it stands in its file."""
    return JSONEncoder(sort_keys=True, indent=2).encode(DASHBOARDS[name]()) + "\n"


def main() -> None:
    """Write every dashboard."""
    FOLDER.mkdir(exist_ok=True)
    for name in DASHBOARDS:
        path = FOLDER / f"{name}.json"
        path.write_text(render(name))
        print(f"dashboards/{path.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
