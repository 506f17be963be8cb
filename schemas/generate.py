"""Everything derived from the contract, written by ``python -m schemas.generate`` and kept equal by a test.

``telemetry_pb2.py`` and ``.pyi`` come from ``telemetry.proto``; JSON Schemas and the table of signals from the models.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from schemas.alerts import Alert
from schemas.daily import Acknowledge, DayMarker, DayPart, Registration, ServiceEvent, Snooze
from schemas.fleet_alerts import FleetAlert
from schemas.loads import Load
from schemas.rejects import RefusedHeaders
from schemas.results import MEASUREMENT
from schemas.signals import LOGARITHMIC, REQUIRED, SIGNALS
from schemas.telemetry import Identity, JsonFrame, Tick
from schemas.truth import Truth
from schemas.variant import VariantFile

HERE = Path(__file__).parent
MODELS: dict[str, type[BaseModel]] = {
    "identity": Identity,
    "frame": JsonFrame,
    "tick": Tick,
    **MEASUREMENT,
    "load": Load,
    "day_part": DayPart,
    "day_marker": DayMarker,
    "registration": Registration,
    "service_event": ServiceEvent,
    "acknowledge": Acknowledge,
    "snooze": Snooze,
    "alert": Alert,
    "fleet_alert": FleetAlert,
    "refused_headers": RefusedHeaders,
    "variant": VariantFile,
    "truth": Truth,
}


def protobuf() -> Iterator[tuple[str, str]]:
    """Python module and type stub of ``telemetry.proto``."""
    from grpc_tools import protoc  # type: ignore[import-untyped]  # a build tool, not needed to run

    with tempfile.TemporaryDirectory() as scratch:
        arguments = ["protoc", f"-I{HERE.parent}", f"--python_out={scratch}", f"--pyi_out={scratch}"]
        if protoc.main([*arguments, str(HERE / "telemetry.proto")]) != 0:
            raise SystemExit("schemas/telemetry.proto does not compile; protoc's message is above")
        for file in sorted(Path(scratch, "schemas").iterdir()):
            yield file.name, file.read_text()


def json_schemas() -> Iterator[tuple[str, str]]:
    """JSON Schema (draft 2020-12) of every model that crosses a boundary."""
    for name, model in MODELS.items():
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
        yield f"generated/{name}.json", _json(schema)


def signal_table() -> Iterator[tuple[str, str]]:
    """The signals for machines and for people."""
    rows = [
        signal._asdict() | {"required": signal.name in REQUIRED, "int16_log10": signal.name in LOGARITHMIC}
        for signal in SIGNALS
    ]
    yield "generated/signals.json", _json(rows)
    lines = [
        "# Signals",
        "",
        "Generated from `schemas/signals.py`. Required: " + ", ".join(f"`{name}`" for name in REQUIRED) + ".",
        "",
        "| id | name | unit | range | int16 step | VSS 6.1 | description |",
        "|---|---|---|---|---|---|---|",
    ]
    for signal in SIGNALS:
        step = f"{signal.scale:g} of log10" if signal.name in LOGARITHMIC else f"{signal.scale:g}"
        span = f"{signal.low:g} … {signal.high:g}"
        lines.append(
            f"| {signal.id} | `{signal.name}` | {signal.unit} | {span} | {step} | {signal.vss} | {signal.description} |"
        )
    yield "generated/signals.md", "\n".join(lines) + "\n"


def generated() -> dict[str, str]:
    """Every generated file: path below ``schemas/`` -> content."""
    return {**dict(protobuf()), **dict(json_schemas()), **dict(signal_table())}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write what differs and say so."""
    for name, content in generated().items():
        path = HERE / name
        if path.exists() and path.read_text() == content:
            continue
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        print(f"wrote schemas/{name}", file=sys.stderr)


if __name__ == "__main__":
    main()
