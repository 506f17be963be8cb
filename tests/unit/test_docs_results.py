"""docs/results.md says of every field of every result what it is, and estimates have the SD it promises."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from schemas.results import MEASUREMENT

TEXT = (Path(__file__).parents[2] / "docs" / "results.md").read_text()
ROWS = [line.split("|")[1:5] for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith("| kind")]
SPREAD = re.compile(r"_sd(_|$)")
FIELDS = sorted(
    (name, field) for name, model in MEASUREMENT.items() for field in model.model_fields if not SPREAD.search(field)
)


def patterns(cell: str) -> list[str]:
    return [word for word in re.findall(r"`([^`]+)`", cell) if not word.startswith("edu_")]


KINDS = {kind.strip(): patterns(named) for kind, named, *_ in ROWS}
COHORT = "spread of a cohort"


def kinds(field: str) -> list[str]:
    """Rows that name a field: by its whole name, else by a pattern."""
    exact = [kind for kind, named in KINDS.items() if field in named]
    return exact or [kind for kind, named in KINDS.items() if any(fnmatchcase(field, one) for one in named)]


@pytest.mark.parametrize(("series", "field"), FIELDS)
def test_every_field_but_standard_deviations_is_of_one_kind(series: str, field: str) -> None:
    if series == "edu_cohort" and re.search(r"_p\d\d$", field):
        assert COHORT in kinds(field)
        return
    assert len(kinds(field)) == 1, f"{series}.{field}: {kinds(field)}"


ESTIMATES = ("temperature", "loss", "efficiency, ratio of losses", "slow parameter", "learned offset")


@pytest.mark.parametrize(
    ("series", "field"),
    [
        (s, f)
        for s, f in FIELDS
        if s in ("edu_state", "edu_trip", "edu_day") and kinds(f)[:1] and kinds(f)[0] in ESTIMATES
    ],
)
def test_an_estimate_has_its_standard_deviation_beside_it(series: str, field: str) -> None:
    names = MEASUREMENT[series].model_fields
    stem, unit = field, ""
    units = r"_(c|w|wh|k|ohm|v|wb|deg|m_s2)$"
    if found := re.search(units, field):
        stem, unit = field[: found.start()], found[1]
    sd_unit = {"c": "k"}.get(unit, unit)
    candidates = {f"{stem}_sd_{sd_unit}", f"{field}_sd", f"{stem}_sd"}
    assert candidates & set(names), f"{series}.{field}"
