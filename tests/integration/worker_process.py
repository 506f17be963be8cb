"""A worker as a process of its own: started, stopped, killed and asked by its health port."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.local.process import free_port

METRIC = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
PARTITION = re.compile(r'partition="(\d+)"')


def until(condition: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Poll until the condition holds; AssertionError naming ``what`` after ``timeout_s``."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {timeout_s} s"
        time.sleep(0.05)


class WorkerProcess:
    """One worker, started as often as wanted, each time with another pid; all logs go to one file."""

    def __init__(
        self, name: str, folder: Path, settings: Mapping[str, str], module: str = "streams.cli", verb: str = "worker"
    ) -> None:
        self.name = name
        self.log = folder / f"worker-{name}.log"
        self.port = free_port()
        self._command = [sys.executable, "-m", module, verb]
        own = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("EDU_TWIN_") or name == "EDU_TWIN_CACHE"
        }
        self.environment = own | dict(settings) | {"EDU_TWIN_HEALTH_PORT": str(self.port)}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **variables: str) -> None:
        """Start it, with further environment variables for this time only."""
        assert not self.running
        with self.log.open("ab") as log:
            log.write(f"--- start {variables}\n".encode())
            log.flush()
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=self.environment | variables)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to a running worker."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, timeout_s: float) -> int:
        """Exit code; TimeoutExpired when it does not end."""
        assert self._process is not None
        return self._process.wait(timeout_s)

    def kill(self) -> None:
        """SIGKILL: no hook runs."""
        self.signal(signal.SIGKILL)
        self.wait(10)

    def end(self, timeout_s: float = 30) -> int:
        """SIGTERM; exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout_s)

    def close(self) -> None:
        """Make sure that nothing is left."""
        if self.running:
            self.signal(signal.SIGCONT)
            self.kill()

    def alive(self) -> bool:
        """Whether /live answers 200."""
        return self._get("/live")[0] == 200

    def unready(self) -> list[str]:
        """Why it is not ready; empty when it is."""
        status, body = self._get("/ready")
        return list(json.loads(body)["reasons"]) if status else ["does not answer"]

    def logged(self, text: str) -> bool:
        """Whether any of its processes has logged the text."""
        return text in self.log.read_text(errors="replace")

    def metric(self, name: str) -> float:
        """Sum of a metric over its labels; 0 when it is not there."""
        return sum(float(value) for found, _, value in METRIC.findall(self._metrics()) if found == name)

    def offsets(self, name: str) -> dict[int, int]:
        """Partition -> value of ``edu_twin_<name>_offset``; empty when the worker does not answer."""
        found = {}
        for metric, labels, value in METRIC.findall(self._metrics()):
            if metric == f"edu_twin_{name}_offset":
                match = PARTITION.search(labels)
                assert match
                found[int(match[1])] = int(float(value))
        return found

    def resident_mb(self) -> float:
        """Resident memory."""
        assert self._process is not None
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _metrics(self) -> str:
        return self._get("/metrics")[1]

    def _get(self, path: str) -> tuple[int, str]:
        """Status (0: no answer) and body."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()
        except OSError:
            return 0, ""
