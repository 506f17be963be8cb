"""The contract: generated files are up to date, ids never move, every variant fits into the int16 form."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import schemas
from schemas.alerts import ADVICE, UnitAlert
from schemas.generate import generated, json_schemas
from schemas.signals import INT16_MISSING, LOGARITHMIC, REQUIRED, SIGNALS
from schemas.telemetry import JsonFrame
from tests.frames import value
from twin.variants import load, names

HERE = Path(schemas.__file__).parent
MARGIN = 1.2
WANTED = generated()


@pytest.mark.parametrize("name", WANTED)
def test_what_is_committed_is_what_is_generated(name: str) -> None:
    assert (HERE / name).read_text() == WANTED[name], "run: python -m schemas.generate"


def test_no_generated_file_is_left_over() -> None:
    found = {f"generated/{path.name}" for path in (HERE / "generated").iterdir()}
    of_the_api = "generated/openapi.json"  # written and compared by streams.serve.openapi
    assert found - {of_the_api} == {name for name in WANTED if name.startswith("generated/")}


def test_every_schema_is_a_valid_json_schema() -> None:
    for _, text in json_schemas():
        jsonschema.Draft202012Validator.check_schema(json.loads(text))


def test_a_json_frame_keeps_to_its_schema() -> None:
    jsonschema.validate(json.loads(value(json=True)), JsonFrame.model_json_schema())


def test_the_id_of_a_signal_is_its_place() -> None:
    assert [signal.id for signal in SIGNALS] == list(range(1, len(SIGNALS) + 1))
    assert len({signal.name for signal in SIGNALS}) == len(SIGNALS)
    assert set(REQUIRED) <= {signal.name for signal in SIGNALS}


def test_every_alert_says_what_to_check() -> None:
    assert set(ADVICE) == set(UnitAlert)


@pytest.mark.parametrize("variant", names())
def test_the_limits_of_every_variant_fit_into_int16_with_a_fifth_to_spare(variant: str) -> None:
    parameters = load(variant).parameters
    for place, signal in enumerate(SIGNALS):
        limits = np.array([parameters["low"][..., place].item(), parameters["high"][..., place].item()])
        limits = np.log10(limits) if signal.name in LOGARITHMIC else limits
        steps = MARGIN * np.abs(limits) / signal.scale
        # a mask has no scale to spare: its 15 bits are all there are
        most = -INT16_MISSING - 1 if signal.unit != "mask" else MARGIN * -INT16_MISSING
        assert steps.max() <= most, f"{signal.name} of {variant}: {limits} in steps of {signal.scale}"
