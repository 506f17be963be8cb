"""Where fetched and built servers are kept: outside the checkout, one folder per version."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def root() -> Path:
    """`EDU_TWIN_CACHE`, else `edu-twin` in the user's cache folder."""
    named = os.environ.get("EDU_TWIN_CACHE")
    if named:
        return Path(named).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().resolve() / "edu-twin"


def entry(name: str, build: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache; `build(folder)` fills it once, however many processes ask."""
    target = root() / name
    if target.is_dir():
        return target
    root().mkdir(parents=True, exist_ok=True)
    with (root() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.is_dir():  # another process built it while we waited
            return target
        partial = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=root()))
        try:
            build(partial)
            partial.chmod(0o755)
            partial.rename(target)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    return target


def is_cached(name: str) -> bool:
    return (root() / name).is_dir()


def missing_tools(*names: str) -> str:
    """Those of the named commands that are not on the PATH."""
    return ", ".join(name for name in names if shutil.which(name) is None)
