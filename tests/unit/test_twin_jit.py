"""The numba policy: same numbers with and without compiling, and no stale code from the cache."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from twin import jit
from twin.jit import KEPT_CACHES, cache_base, prepare_cache, source_hash
from twin.layout import DAY, DAY_POINT, HEALTH, LOAD, ROW, STATE, TRIP

PROJECT = Path(jit.__file__).resolve().parent.parent

STRETCH = """
import sys
from tests import drives
from twin.twin import Twin
from twin.variants import load
folder = sys.argv[1]
for name in ("bmw-i3", "bmw-gen5-rear", "bmw-gen6-front"):
    twin = Twin(load(name))
    rows = twin.new_rows()
    rows.add()
    samples, times_us = drives.drive(900), drives.times(900)
    samples["winding_temp_c"][300:] = float("nan")
    samples["torque_nm"][400:620] = float("nan")
    times_us[700:] += 3_000_000_000
    results = twin.step(rows, drives.frames(300, 250, 350), times_us, samples)
    ticked = twin.tick(rows, int(times_us[-1]) + 172_800_000_000)
    rows.records.tofile(f"{folder}/{name}.row")
    results.states.tofile(f"{folder}/{name}.states")
    results.loads.tofile(f"{folder}/{name}.loads")
    ticked.trips.tofile(f"{folder}/{name}.trips")
    ticked.healths.tofile(f"{folder}/{name}.healths")
    ticked.days.tofile(f"{folder}/{name}.days")
    ticked.day_parts.tofile(f"{folder}/{name}.parts")
"""


def python(code: str, *arguments: str, cwd: Path, **environment: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_compiled_and_plain_python_give_the_same_numbers(tmp_path: Path) -> None:
    compiled, plain = tmp_path / "compiled", tmp_path / "plain"
    for folder, disable in ((compiled, "0"), (plain, "1")):
        folder.mkdir()
        python(STRETCH, str(folder), cwd=PROJECT, NUMBA_DISABLE_JIT=disable)
    for variant in ("bmw-i3", "bmw-gen5-rear", "bmw-gen6-front"):
        kinds = {
            "row": ROW,
            "states": STATE,
            "trips": TRIP,
            "loads": LOAD,
            "healths": HEALTH,
            "days": DAY_POINT,
            "parts": DAY,
        }
        for kind, dtype in kinds.items():
            one = np.fromfile(compiled / f"{variant}.{kind}", dtype)
            other = np.fromfile(plain / f"{variant}.{kind}", dtype)
            assert len(one) == len(other) > 0
            assert_close(one, other, f"{variant} {kind}")


def assert_close(one: np.ndarray, other: np.ndarray, where: str) -> None:
    """Field by field, in records within records too."""
    for name in one.dtype.names or ():
        if one[name].dtype.names:
            assert_close(one[name], other[name], f"{where}.{name}")
        else:
            smallest = 1e-24 if name == "wear" else 1e-14
            np.testing.assert_allclose(one[name], other[name], rtol=1e-12, atol=smallest, err_msg=f"{where}.{name}")


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """A project of two kernels in two files under this policy."""
    twin = tmp_path / "project" / "twin"
    twin.mkdir(parents=True)
    (tmp_path / "project" / "schemas").mkdir()
    (twin / "__init__.py").touch()
    shutil.copy(jit.__file__, twin / "jit.py")
    (twin / "callee.py").write_text(
        "from twin.jit import kernel\n\n@kernel\ndef gain(x: float) -> float:\n    return 2.0 * x\n"
    )
    (twin / "caller.py").write_text(
        "from twin.callee import gain\nfrom twin.jit import kernel\n\n"
        "@kernel\ndef output(x: float) -> float:\n    return gain(x) + 1.0\n"
    )
    return tmp_path / "project"


CALL = "from twin.caller import output; print(output(10.0), sum(output.stats.cache_hits.values()))"


def test_a_callee_edited_in_another_file_is_compiled_anew(small_project: Path, tmp_path: Path) -> None:
    cache = {"EDU_TWIN_CACHE": str(tmp_path / "cache"), "NUMBA_DISABLE_JIT": "0"}
    assert python(CALL, cwd=small_project, **cache) == "21.0 0"
    assert python(CALL, cwd=small_project, **cache) == "21.0 1"
    callee = small_project / "twin" / "callee.py"
    callee.write_text(callee.read_text().replace("2.0", "3.0"))
    assert python(CALL, cwd=small_project, **cache) == "31.0 0"


def test_kernels_elsewhere_count_and_other_files_do_not(small_project: Path) -> None:
    streams = small_project / "streams"
    streams.mkdir()
    before = source_hash(small_project)
    (streams / "worker.py").write_text("nothing compiled here = 1\n")
    assert source_hash(small_project) == before
    (streams / "pack.py").write_text("from twin.jit import kernel\n")
    assert source_hash(small_project) != before


def test_where_nothing_can_be_written_kernels_still_run(small_project: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "a-file"
    blocked.touch()
    assert prepare_cache(blocked, "name") is None
    call = "from twin.caller import output; print(output(10.0))"
    environment = {"EDU_TWIN_CACHE": str(blocked), "NUMBA_DISABLE_JIT": "0"}
    assert python(call, cwd=small_project, **environment) == "21.0"


def test_old_caches_are_removed_and_the_newest_kept(tmp_path: Path) -> None:
    for age in range(KEPT_CACHES + 3):
        folder = prepare_cache(tmp_path, f"cache-{age}")
        assert folder is not None
        (folder / "code").touch()
        os.utime(folder, (1_000_000 + age, 1_000_000 + age))
    newest = prepare_cache(tmp_path, "now")
    assert newest is not None
    left = sorted(path.name for path in (tmp_path / "numba").iterdir())
    assert left == sorted(["now", *(f"cache-{age}" for age in range(4, KEPT_CACHES + 3))])


def test_a_cache_that_another_checkout_may_be_using_is_kept(tmp_path: Path) -> None:
    names = [f"checkout-{number}" for number in range(KEPT_CACHES + 3)]
    for name in names:
        assert prepare_cache(tmp_path, name) is not None
    assert sorted(path.name for path in (tmp_path / "numba").iterdir()) == names


def test_cache_stands_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("EDU_TWIN_CACHE", raising=False)
    assert cache_base() == tmp_path / "edu-twin"
    monkeypatch.setenv("EDU_TWIN_CACHE", str(tmp_path / "own"))
    assert cache_base() == tmp_path / "own"
