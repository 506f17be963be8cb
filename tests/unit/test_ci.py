"""What the CI script says when a machine lacks something. Nothing is installed and no test is started here."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import influxdb

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "run"
TOOLS = ("pkg-config", "gcc", "java", "mvn", "make", "chromium", "go", "cargo")


def ci(folder: Path, tools: "tuple[str, ...]", *, go: str = "go1.24.0", cached: bool = False) -> tuple[int, str]:
    """Run the script where only these tools exist, each a program that prints its name and what it was asked."""
    commands, cache = folder / "bin", folder / "cache"
    commands.mkdir()
    for name in ("bash", "dirname"):
        (commands / name).symlink_to(shutil.which(name) or "")
    does = {name: f"echo {name} $* long=$EDU_TWIN_LONG_TESTS stack=$EDU_TWIN_REQUIRE_STACK" for name in tools}
    if "go" in does:
        does["go"] = f"echo {go}"
    does["python3"] = f'exec {sys.executable} "$@"'
    for name, command in does.items():
        (commands / name).write_text(f"#!{commands}/bash\n{command}\n")
        (commands / name).chmod(0o755)
    cache.mkdir()
    if cached:
        (cache / influxdb.CACHE_NAME).mkdir()
    environment = {"PATH": str(commands), "EDU_TWIN_CACHE": str(cache), "HOME": os.environ.get("HOME", "/")}
    done = subprocess.run(["bash", SCRIPT], env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("absent", ["go", "cargo", "mvn", "chromium"])
def test_a_tool_that_is_missing_is_named_before_anything_is_run(tmp_path: Path, absent: str) -> None:
    code, said = ci(tmp_path, tuple(name for name in TOOLS if name != absent))
    assert code == 1
    assert f"{absent} is missing" in said
    assert "make test" not in said


def test_a_compiler_that_is_too_old_is_named(tmp_path: Path) -> None:
    code, said = ci(tmp_path, TOOLS, go="go1.19.8")
    assert code == 1
    assert "go1.19.8 is too old" in said


def test_no_compiler_is_asked_for_when_the_server_is_in_the_cache(tmp_path: Path) -> None:
    code, said = ci(tmp_path, ("pkg-config", "gcc", "java", "mvn", "make", "chromium"), cached=True)
    assert (code, said.splitlines()) == (
        0,
        ["make test long=1 stack=1", "make benchmarks long=1 stack="],
    )
