"""One server process of ours: started, ended by its id, never outliving the process that started it."""

import atexit
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0


def free_port() -> int:
    """A loopback port below the ephemeral range: no client takes it while its server is down."""
    while True:
        port = random.randint(20_000, 32_000)  # noqa: S311
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Server(ABC):
    """A server with its data folder. `stop` and `kill` keep the data, `close` removes a temporary folder.

    `cpus` pins the process; `detached` lets it outlive this process.
    """

    name = "server"

    def __init__(self, folder: Path | None = None, *, cpus: set[int] | None = None, detached: bool = False) -> None:
        self._given_folder = folder
        self._folder: Path | None = None
        self._cpus = cpus
        self._detached = detached
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> Path:
        """Data and log; made at the first use."""
        if self._folder is None:
            if self._given_folder:
                self._folder = self._given_folder.resolve()
                self._folder.mkdir(parents=True, exist_ok=True)
            else:
                self._folder = Path(tempfile.mkdtemp(prefix=f"edu-twin-{self.name}-"))
            if not self._detached:
                atexit.register(self.close)
        return self._folder

    @property
    def log_file(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Start the server and wait until it answers; nothing happens when it runs."""
        if self.running:
            return self
        command = [*self._prefix(), *self._prepare()]
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True
            )
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self._answers():
            if not self.running or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.name} did not start:\n{self._log_tail()}")
            time.sleep(0.05)
        self._after_start()
        return self

    def stop(self) -> None:
        """End the server in an orderly way."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the server as a crash would (SIGKILL)."""
        self._end(signal.SIGKILL)

    def restart(self) -> Self:
        """Start again on the same ports and data, after `stop` when it still runs."""
        self.stop()
        return self.start()

    def close(self) -> None:
        """Stop, and remove the data folder if it was a temporary one."""
        self.stop()
        if self._folder and not self._given_folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        atexit.unregister(self.close)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _prefix(self) -> list[str]:
        prefix: list[str] = []
        # The kernel's death signal follows the starting thread, so only the main thread may ask for it.
        in_main_thread = threading.current_thread() is threading.main_thread()
        if not self._detached and in_main_thread and shutil.which("setpriv"):
            prefix += ["setpriv", "--pdeathsig", "KILL"]
        if self._cpus:
            prefix += ["taskset", "--cpu-list", ",".join(map(str, sorted(self._cpus)))]
        return prefix

    def _log_tail(self) -> str:
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-20:])

    @abstractmethod
    def _prepare(self) -> Sequence[str | os.PathLike[str]]:
        """Lay out the folder and give the command line."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it serves."""

    def _after_start(self) -> None:  # noqa: B027  # most servers need nothing
        """What a fresh server needs once it answers."""
