"""The one numba policy: how kernels are compiled and where compiled code is kept. Nobody else imports numba.

numba's own cache looks at the file of the kernel only: a callee edited in another file leaves stale code behind.
So the cache folder is named after everything compiled code depends on, and an edit anywhere means a new folder.
With ``NUMBA_DISABLE_JIT=1`` a kernel is the same code as plain Python.
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import llvmlite.binding
import numba
import numba.core.config

Function = TypeVar("Function", bound=Callable[..., Any])

_CONFIG: Any = numba.core.config  # its names are made at run time
KEPT_CACHES = 4
LEAST_AGE_S = 7 * 86_400.0
"""Since its last start; a younger cache may be in use by a process of another checkout that still compiles."""
_PROJECT = Path(__file__).resolve().parent.parent
KERNEL_USER = b"twin.jit"


def kernel_sources(project: Path) -> list[Path]:
    """Files compiled code can depend on: twin and schemas whole (tables are constants), elsewhere those with kernels.

    So a kernel of another package keeps its constants in its own file, in twin or in schemas.
    """
    sources = [path for package in ("schemas", "twin") for path in (project / package).rglob("*.py")]
    sources += [path for path in (project / "streams").rglob("*.py") if KERNEL_USER in path.read_bytes()]
    return sorted(sources)


def source_hash(project: Path) -> str:
    """Hash of the sources kernels depend on, of the versions of numba, numpy and Python, and of the CPU."""
    digest = hashlib.blake2b(digest_size=12)
    cpu = llvmlite.binding.get_host_cpu_name()
    digest.update(f"{numba.__version__} {version('llvmlite')} {version('numpy')} {sys.version} {cpu}".encode())
    for path in kernel_sources(project):
        source = path.read_bytes()
        digest.update(f"\0{path.relative_to(project).as_posix()}\0{len(source)}\0".encode())
        digest.update(source)
    return digest.hexdigest()


def cache_base() -> Path:
    """Folder of all caches: ``EDU_TWIN_CACHE``, else ``edu-twin`` below ``XDG_CACHE_HOME`` or ``~/.cache``."""
    own = os.environ.get("EDU_TWIN_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edu-twin"


def prepare_cache(base: Path, name: str) -> Path | None:
    """Make and mark the cache folder of this source; None where nothing can be written.

    Of folders not marked for a week all but the newest go.
    """
    folder = base / "numba" / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError:
        return None
    with suppress(OSError):  # another process may be pruning, too
        caches = sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for cache in caches[KEPT_CACHES:]:
            if folder.stat().st_mtime - cache.stat().st_mtime > LEAST_AGE_S:
                shutil.rmtree(cache, ignore_errors=True)
    return folder


def _use_cache() -> bool:
    if _CONFIG.DISABLE_JIT:
        return False
    try:
        base = cache_base()
    except RuntimeError:  # no home folder
        return False
    folder = prepare_cache(base, source_hash(_PROJECT))
    if folder is None:
        return False
    _CONFIG.CACHE_DIR = str(folder)
    return True


_CACHED = _use_cache()
_CONFIG.SLP_VECTORIZE = 1  # like operations of one line side by side: the same operations, so the same bits


def kernel(function: Function) -> Function:
    """Compile a function: cached, without the GIL, IEEE division, no reordering of floating-point sums."""
    compile_: Callable[[Function], Any] = numba.njit(cache=_CACHED, nogil=True, error_model="numpy", fastmath=False)
    compiled: Function = compile_(function)
    return compiled
