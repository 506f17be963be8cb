"""``edu-twin serve`` as a process of its own, over a lake or what a worker's settings name."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def serving(lake: Path | None = None, log: Path | None = None, **settings: str) -> Iterator[str]:
    """Address of the service, without a slash at its end. Its settings are named without ``EDU_TWIN_``."""
    command = [sys.executable, "-m", "streams.cli", "serve"]
    for name, path in (("--lake", lake), ("--log", log)):
        command += [name, str(path)] if path else []
    own = {f"EDU_TWIN_{name}": value for name, value in {"SERVE__PORT": "0", **settings}.items()}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | own) as process:
        assert process.stdout
        try:
            said = next((line for line in process.stdout if line.startswith("page")), "")
            assert said, f"it ended with {process.poll()} before it served"
            yield said.split()[1].rstrip("/")
        finally:
            process.terminate()
            assert process.wait(timeout=20) == 0, "SIGTERM ends it as it should"
