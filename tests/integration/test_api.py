"""The running API: it is as its OpenAPI says whatever is asked, and a client made from that works."""

import importlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from streams.serve import openapi
from tests import served_fleet
from tests.served_fleet import SICK
from tests.serving import serving

EXAMPLES = 15
OPAQUE = {"cursor", "fields"}
schema = schemathesis.openapi.from_dict(json.loads(openapi.path().read_text(encoding="utf-8"))).exclude(
    path="/v1/live"  # it never ends
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(*served_fleet.make(tmp_path_factory.mktemp("api"))) as url:
        yield url


@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_whatever_is_asked_the_answer_is_as_described(case: schemathesis.Case, address: str) -> None:
    # GET of an address that takes POST asks for an alert of that name: 404, not 405.
    # A cursor is what a page before gave, and which fields a series has no pattern says: 422 is right for others.
    told_apart = [positive_data_acceptance] if OPAQUE & (case.query or {}).keys() else []
    case.call_and_validate(base_url=address, excluded_checks=[unsupported_method, *told_apart])


def test_live_begins_with_the_fleet(address: str) -> None:
    with urllib.request.urlopen(f"{address}/v1/live", timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.readline() == b"event: fleet\n"
        assert json.loads(answer.readline().removeprefix(b"data: "))["units"] == served_fleet.UNITS


def test_a_typed_client_is_generated_from_the_description_and_works(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--meta", "none"]
    command += ["--path", str(openapi.path()), "--output-path", str(tmp_path / "edu_twin_client")]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # it formats what it wrote with ruff
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ | {"PATH": path})
    assert (done.returncode, "WARNING" in done.stdout) == (0, False), done.stdout + done.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    made = importlib.import_module("edu_twin_client")
    get_twin = importlib.import_module("edu_twin_client.api.twins.get_twin_v1_twins_unit_get")
    twin = get_twin.sync(client=made.Client(base_url=address), unit=SICK)
    assert twin.unit == SICK
    assert twin.at < datetime.now(UTC)
    assert twin.state == "act"
    assert {estimate.name for estimate in twin.estimates} >= {"end_winding_temp_c", "rotor_temp_c"}
