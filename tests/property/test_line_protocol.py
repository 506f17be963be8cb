"""Round trip and syntax of line protocol for every number and every name."""

import math
import struct
import sys

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from influxdb_client.client.write.point import Point

from schemas.results import TAGS, Validity
from streams.results import Points
from streams.sinks.line_protocol import LineFormatter, escape_tag, quote
from tests.synthetic import points

FORMATTER = LineFormatter()
FORMATTER.lines(points(1))  # compiled here, not within an example's deadline
TOLERANCE = 1e-9


def written(values: list[float]) -> list[str | None]:
    """How the formatter writes each value; None: absent."""
    series = points(len(values))
    series.records["torque_nm"] = values
    texts: list[str | None] = []
    for line in FORMATTER.lines(series).decode().splitlines():
        fields = dict(field.split("=", 1) for field in line.split(" ")[1].split(","))
        texts.append(fields.get("torque_nm"))
    return texts


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
@example([5e-324, 2.2250738585072014e-308, sys.float_info.max, -sys.float_info.max, 1e-12, 1e300, -0.0])
@example([math.nextafter(10.0**k, 0.0) for k in range(-300, 300)])
@example([10.0**k for k in range(-323, 309)])
@example([math.nextafter(10.0**k, math.inf) for k in range(-323, 308)])
def test_every_finite_double_comes_back_within_1e_9_relative(values: list[float]) -> None:
    for value, text in zip(values, written(values), strict=True):
        assert text is not None
        assert abs(float(text) - value) <= TOLERANCE * abs(value)


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=100))
def test_every_bit_pattern_is_written_or_absent(patterns: list[int]) -> None:
    values = [struct.unpack("<d", pattern.to_bytes(8, "little"))[0] for pattern in patterns]
    for value, text in zip(values, written(values), strict=True):
        if math.isfinite(value):
            assert text is not None
            assert len(text) <= 24
            assert abs(float(text) - value) <= TOLERANCE * abs(value)
        else:
            assert text is None


def test_many_random_magnitudes_come_back_within_1e_9_relative() -> None:
    rng = np.random.default_rng(11)
    values = rng.choice([-1.0, 1.0], 30_000) * rng.uniform(1, 10, 30_000) * 10.0 ** rng.integers(-307, 308, 30_000)
    back = np.array([float(text or "nan") for text in written(values.tolist())])
    assert np.max(np.abs(back / values - 1.0)) <= TOLERANCE


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


def point_head(tags: dict[str, str]) -> str:
    """What influxdb-client writes before the fields."""
    point = Point("edu_state").field("x", 1)
    for name, value in tags.items():
        point = point.tag(name, value)
    return str(point.to_line_protocol()).removesuffix(" x=1i")


@given(NAMES, NAMES, NAMES)
@example("a b", "c,d", "e=f\\")
def test_the_head_of_a_line_is_what_influxdb_client_writes(maker: str, unit: str, variant: str) -> None:
    series = points(1, units=1)
    series.maker, series.variant, series.units = maker, variant, [unit]
    expected = point_head({"maker": maker, "unit": unit, "variant": variant})
    assert FORMATTER.lines(series).decode().startswith(expected + " model_version=")


@given(NAMES)
def test_strings_are_quoted_as_influxdb_client_does(text: str) -> None:
    expected = Point("m").field("s", text).to_line_protocol()
    assert expected == f"m s={quote(text)}"


@given(st.integers(0, 2**32 - 1))
def test_a_whole_line_reads_like_the_clients_point(seed: int) -> None:
    series = points(1, seed=seed, units=1)
    ours = FORMATTER.lines(series).decode().rstrip("\n")
    theirs = str(client_point(series).to_line_protocol())
    assert parse(ours)[0] == parse(theirs)[0]
    assert parse(ours)[2] == parse(theirs)[2]
    mine, other = parse(ours)[1], parse(theirs)[1]
    assert set(mine) == set(other)
    for name, text in mine.items():
        if text.endswith(("i", '"')):
            assert text == other[name]
        else:
            assert math.isclose(float(text), float(other[name]), rel_tol=TOLERANCE)


def client_point(series: Points) -> Point:
    """The first point as influxdb-client's own object."""
    point = Point(series.measurement).time(int(series.records["time_us"][0]))
    for name, value in zip(TAGS, (series.maker, series.units[0], series.variant), strict=True):
        point = point.tag(name, value)
    point = point.field("model_version", series.model_version)
    for name in series.records.dtype.names or ():
        if name in ("row", "time_us"):
            continue
        value = series.records[name][0].item()
        known = name.endswith("_validity")
        point = point.field(name, Validity(value).name.lower() if known else value)
    return point


def parse(line: str) -> tuple[str, dict[str, str], str]:
    """Head, fields and time of a line without escapes."""
    head, fields, time = line.split(" ")
    return head, dict(field.split("=", 1) for field in fields.split(",")), time


def test_tag_escape_is_stable_for_plain_names() -> None:
    assert escape_tag("unit-0.A_b") == "unit-0.A_b"
