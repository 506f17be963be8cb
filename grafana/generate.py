"""`python -m grafana.generate`: write dashboards and alert rules; a test keeps the files equal to the Python."""

import sys
from pathlib import Path

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana import alerts, cohorts, design, fleet, rule_file, service, unit

HERE = Path(__file__).resolve().parent
FOLDER, RULES = HERE / "dashboards", HERE / "provisioning" / "alerting" / "rules.yaml"
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


def render_rules() -> str:
    """The alert rules as they stand in their file."""
    return "# Made by python -m grafana.generate.\n" + yaml.safe_dump(rule_file.document(), sort_keys=False, width=120)


def main() -> None:
    """Write every dashboard and the rules."""
    FOLDER.mkdir(exist_ok=True)
    for name in DASHBOARDS:
        path = FOLDER / f"{name}.json"
        path.write_text(render(name))
        print(f"dashboards/{path.name}", file=sys.stderr)
    RULES.write_text(render_rules())
    print(RULES.name, file=sys.stderr)


if __name__ == "__main__":
    main()
