"""`python -m grafana.page_links URL FOLDER`: the committed dashboards with links to the page at a URL.

Grafana puts no environment into dashboards, and where the page is reached is known to who deploys it only.
"""

import json
import sys
from pathlib import Path
from typing import Any

import grafana

OPEN = {"title": "Open the unit's page: evidence, acknowledge", "targetBlank": False}


def linked(dashboard: dict[str, Any], url: str) -> dict[str, Any]:
    """A dashboard with a link to the page's alerts at its top, and from each unit of its tables to the unit's page; not
    from subjects of alerts, which may be cohorts.
    """
    base = url.rstrip("/")
    top = {"type": "link", "title": "Alerts: acknowledge, snooze", "url": f"{base}/alerts", "icon": "external link"}
    panels = [
        _with(panel, {**OPEN, "url": f"{base}/units/${{__value.text:percentencode}}"}) for panel in dashboard["panels"]
    ]
    return dashboard | {"links": [*dashboard["links"], top], "panels": panels}


def _with(panel: dict[str, Any], link: dict[str, Any]) -> dict[str, Any]:
    config = panel["fieldConfig"]
    overrides = [
        one | {"properties": [_added(own, link) for own in one["properties"]]}
        if one["matcher"]["options"] == "unit"
        else one
        for one in config["overrides"]
    ]
    return panel | {"fieldConfig": config | {"overrides": overrides}}


def _added(own: dict[str, Any], link: dict[str, Any]) -> dict[str, Any]:
    return own | {"value": [*own["value"], link]} if own["id"] == "links" else own


def main(url: str, folder: str) -> None:
    """Write them all."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, dashboard in grafana.dashboards().items():
        path = Path(folder) / f"{name}.json"
        path.write_text(json.dumps(linked(dashboard, url), indent=2) + "\n")
        print(path, file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 3 or not sys.argv[1].startswith(("http://", "https://")):
        sys.exit("usage: python -m grafana.page_links URL FOLDER, e.g. https://twin.example.com build/dashboards")
    main(*sys.argv[1:])
