"""Parquet files that are whole or not there: written aside, synced, renamed. Equal rows give an equal file."""

import hashlib
import os
import secrets
import socket
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SUFFIX = ".parquet"
ASIDE = ".tmp"
COMPRESSION = "zstd"
_HOST = socket.gethostname()
_OURS = f"{_HOST}.{os.getpid()}.{secrets.token_hex(4)}"


def write_table(folder: Path, table: pa.Table) -> Path:
    """Write rows durably as ``<hash of the content>.parquet``; returns the path."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = aside_path(folder)
    words = [field.name for field in table.schema if pa.types.is_string(field.type)]
    pq.write_table(table, aside, compression=COMPRESSION, use_dictionary=words)  # numbers seldom repeat
    return settle(aside, folder)


def aside_path(folder: Path, stem: str = "") -> Path:
    """Where a file of ours is written before it counts; no reader looks at it."""
    return folder / f".{stem}{secrets.token_hex(4)}.{_OURS}{ASIDE}"


def settle(aside: Path, folder: Path, stem: str = "") -> Path:
    """Make a file written aside durable and visible under a name that says its content."""
    with aside.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8)).hexdigest()
        os.fsync(file.fileno())
    path = folder / f"{stem}{digest}{SUFFIX}"
    aside.rename(path)
    for parent in (folder, *list(folder.parents)[:3]):
        _sync_folder(parent)
    return path


def remove_leftovers(root: Path) -> int:
    """Remove files that dead processes of this host left unfinished; returns how many."""
    leftovers = [path for path in root.rglob(f".*{ASIDE}") if _is_leftover(path.name)]
    for path in leftovers:
        path.unlink(missing_ok=True)
    return len(leftovers)


def _is_leftover(name: str) -> bool:
    owner = name.removesuffix(ASIDE).rsplit(".", 2)
    if len(owner) != 3 or not owner[0].endswith(f".{_HOST}") or not owner[1].isdigit():
        return False
    _, pid, token = owner
    if int(pid) == os.getpid():
        return not _OURS.endswith(f".{token}")
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
