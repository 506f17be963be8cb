"""The lines that go to InfluxDB."""

import os
import subprocess
import sys

import numpy as np
import pytest

from schemas.results import EduState, EduTrip, Validity
from streams.sinks import line_protocol
from streams.sinks.line_protocol import CHUNK_POINTS, LineFormatter, escape_tag, quote
from tests.synthetic import MODEL_VERSION, START_US, points


def fields(line: bytes) -> dict[str, str]:
    """Field name -> text of one line without escapes."""
    return dict(field.split("=", 1) for field in line.decode().split(" ")[1].split(","))


def test_a_line_has_sorted_tags_fields_in_model_order_and_a_time_in_microseconds() -> None:
    line = LineFormatter().lines(points(1)).decode()
    head, body, time = line.rstrip("\n").split(" ")
    assert head == "edu_state,maker=bmw,unit=unit-0,variant=bmw-i3"
    assert int(time) == START_US
    assert body.startswith(f'model_version="{MODEL_VERSION}",segment=')
    order = [name for name in EduState.model_fields if name not in ("unit", "variant", "maker", "time_us")]
    assert [field.split("=")[0] for field in body.split(",")] == order


def test_a_trip_has_its_end_as_an_integer_field() -> None:
    series = points(1, measurement="edu_trip")
    series.records["end_us"] = START_US + 7
    line = LineFormatter().lines(series)
    assert line.startswith(b"edu_trip,")
    assert fields(line)["end_us"] == f"{START_US + 7}i"
    assert set(fields(line)) == set(EduTrip.model_fields) - {"unit", "variant", "maker", "time_us"}


def test_nan_and_infinite_values_are_absent_and_the_line_never_empty() -> None:
    series = points(3)
    for name in series.records.dtype.names or ():
        if series.records.dtype[name].kind == "f":
            series.records[name] = [np.nan, np.inf, -np.inf]
    for line in LineFormatter().lines(series).splitlines():
        left = fields(line)
        assert set(left) == {
            "model_version", "segment", "thermal_validity", "efficiency_validity", "rotor_validity",
            "junction_validity", "sampling_validity", "samples", "implausible", "gaps", "loss_ratio_validity",
            "alerts", "resets", "regen_efficiency_validity",
        }  # fmt: skip


@pytest.mark.parametrize("validity", list(Validity))
def test_validity_is_its_lower_case_name_in_quotes(validity: Validity) -> None:
    series = points(1)
    series.records["thermal_validity"] = validity
    assert fields(LineFormatter().lines(series))["thermal_validity"] == f'"{validity.name.lower()}"'


@pytest.mark.parametrize("number", [-1, len(Validity), 2**62, -(2**62)])
def test_a_validity_nobody_knows_is_called_unknown(number: int) -> None:
    series = points(1)
    series.records["efficiency_validity"] = number
    assert fields(LineFormatter().lines(series))["efficiency_validity"] == '"unknown"'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (1.0, "1"), (-12.5, "-12.5"), (100.0, "100"), (0.00012, "0.00012"),
        (1e-12, "1e-12"), (1e300, "1e300"), (-2.5e-7, "-2.5e-7"), (9.9999999999, "10"), (1234567890.0, "1234567890"),
        (12345678901.0, "1.23456789e10"), (5e-324, "4.940656458e-324"), (1.7976931348623157e308, "1.797693134e308"),
        (1 / 3, "0.3333333333"), (99999.5, "99999.5"), (0.1, "0.1"),
    ],
)  # fmt: skip
def test_numbers_are_written_short(value: float, text: str) -> None:
    series = points(1)
    series.records["torque_nm"] = value
    assert fields(LineFormatter().lines(series))["torque_nm"] == text


@pytest.mark.parametrize("value", [0, 9, 10, -1, 99, 100, 2**63 - 1, -(2**63), 10**18, -(10**18) - 1])
def test_integers_keep_every_digit(value: int) -> None:
    series = points(1)
    series.records["samples"] = value
    assert fields(LineFormatter().lines(series))["samples"] == f"{value}i"


def test_chunks_together_are_the_lines_and_their_counts_the_number_of_points() -> None:
    series = points(2 * CHUNK_POINTS + 7)
    chunks = list(LineFormatter().chunks(series))
    assert [count for _, count in chunks] == [CHUNK_POINTS, CHUNK_POINTS, 7]
    assert all(lines.count(b"\n") == count for lines, count in chunks)
    assert b"".join(lines for lines, _ in chunks) == LineFormatter().lines(series)


def test_lines_do_not_depend_on_how_points_are_batched() -> None:
    series = points(50)
    whole = LineFormatter().lines(series)
    formatter = LineFormatter()
    single = b""
    for index in range(50):
        part = points(50)
        part.records, part.units = part.records[index : index + 1], part.units[index : index + 1]
        single += formatter.lines(part)
    assert single == whole


def test_a_view_with_a_stride_is_formatted_like_its_copy() -> None:
    series = points(20)
    series.units, series.records = series.units[::2], series.records[::2]
    strided = LineFormatter().lines(series)
    series.records = series.records.copy()
    assert LineFormatter().lines(series) == strided


def test_no_points_are_no_bytes() -> None:
    assert LineFormatter().lines(points(0)) == b""


def test_the_memory_of_prefixes_is_bounded_and_forgetting_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_protocol, "MAX_PREFIXES", 10)
    formatter = LineFormatter()
    for first in range(0, 100, 5):
        series = points(5)
        series.units = [f"u{first + k}" for k in range(5)]
        assert formatter.lines(series) == LineFormatter().lines(series)
        assert sum(map(len, formatter._prefixes.values())) <= 10


def test_units_of_another_version_or_variant_get_their_own_prefix() -> None:
    formatter = LineFormatter()
    series = points(1)
    first = formatter.lines(series)
    series.model_version, series.variant = "0.2.0+ffffff", "bmw-gen5"
    assert formatter.lines(series) == first.replace(MODEL_VERSION.encode(), b"0.2.0+ffffff").replace(
        b"variant=bmw-i3", b"variant=bmw-gen5"
    )


def test_an_empty_tag_is_left_out() -> None:
    series = points(1)
    series.variant = ""
    assert LineFormatter().lines(series).startswith(b"edu_state,maker=bmw,unit=unit-0 model_version=")


def test_tags_and_strings_are_escaped() -> None:
    assert escape_tag("a b,c=d") == r"a\ b\,c\=d"
    assert escape_tag("line\nfeed") == r"line\nfeed"
    assert escape_tag("end\\") == "end\\ "
    assert quote('say "hi" \\') == r'"say \"hi\" \\"'


def test_the_uncompiled_kernel_writes_the_same_bytes() -> None:
    code = (
        "import sys; from tests.synthetic import points; from streams.sinks.line_protocol import LineFormatter; "
        "sys.stdout.buffer.write(LineFormatter().lines(points(40)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, check=True
    )
    assert done.stdout == LineFormatter().lines(points(40))
