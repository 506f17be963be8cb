"""Servers, preloaded topics and the measuring of one contestant: a process that reads a topic to its end."""

import asyncio
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka import AIOKafkaProducer

from schemas.telemetry import FRAME_CONTENT_TYPE
from tests.benchmarks.traffic import SAMPLES

SERVER_CORE, WORKER_CORE = 0, 1
HEADERS = [("content-type", FRAME_CONTENT_TYPE.encode())]
BATCH_BYTES = 512 << 10
POLL_S = 0.1
FROM_SHARE, TO_SHARE = 0.10, 0.95
STALLED_AFTER_S = 60.0


async def _preload(bootstrap: str, topic: str, partitions: int, messages: Iterator[tuple[bytes, bytes]]) -> int:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_batch_size=BATCH_BYTES)
    await producer.start()
    batches = [producer.create_batch() for _ in range(partitions)]
    partition_of: dict[bytes, int] = {}
    deliveries, count = [], 0
    for key, value in messages:
        partition = partition_of.setdefault(key, len(partition_of) % partitions)
        if batches[partition].append(key=key, value=value, timestamp=None, headers=HEADERS) is None:
            deliveries.append(await producer.send_batch(batches[partition], topic, partition=partition))
            batches[partition] = producer.create_batch()
            batches[partition].append(key=key, value=value, timestamp=None, headers=HEADERS)
        count += 1
    for partition, batch in enumerate(batches):
        deliveries.append(await producer.send_batch(batch, topic, partition=partition))
    await asyncio.gather(*deliveries)
    await producer.stop()
    return count


def preload(bootstrap: str, topic: str, partitions: int, messages: Iterator[tuple[bytes, bytes]]) -> int:
    """Write all messages, units dealt evenly over the partitions; returns their number."""
    return asyncio.run(_preload(bootstrap, topic, partitions, messages))


@dataclass(slots=True)
class Progress:
    """Samples done over time, and the memory of the process meanwhile."""

    seconds: list[float] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    def note(self, samples: int, pid: int) -> None:
        """Note how far the process is now."""
        self.seconds.append(time.monotonic())
        self.samples.append(samples)
        self.rss_mb.append(resident_mb(pid))
        self.cpu_s.append(cpu_seconds(pid))

    def rate(self, total: int) -> float:
        """Samples a second between FROM_SHARE and TO_SHARE of the total."""
        first, last = self._between(total)
        return (self.samples[last] - self.samples[first]) / (self.seconds[last] - self.seconds[first])

    def cpu_share(self, total: int) -> float:
        """Share of one core used meanwhile."""
        first, last = self._between(total)
        return (self.cpu_s[last] - self.cpu_s[first]) / (self.seconds[last] - self.seconds[first])

    def cpu_us_per_frame(self, total: int) -> float:
        """Processor time per frame meanwhile, all threads."""
        first, last = self._between(total)
        return 1e6 * SAMPLES * (self.cpu_s[last] - self.cpu_s[first]) / (self.samples[last] - self.samples[first])

    def memory_growth_mb(self, total: int) -> float:
        """Resident memory at the end less that at half of the samples."""
        half = next(i for i, done in enumerate(self.samples) if done >= total / 2)
        return self.rss_mb[-1] - self.rss_mb[half]

    def _between(self, total: int) -> tuple[int, int]:
        first = next(i for i, done in enumerate(self.samples) if done >= FROM_SHARE * total)
        last = next(i for i, done in enumerate(self.samples) if done >= TO_SHARE * total)
        return first, max(last, first + 1)


def resident_mb(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_seconds(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def pinned(command: Sequence[str], log: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The command on the worker's core, its output in a file; ended by SIGTERM, then SIGKILL."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["taskset", "-c", str(WORKER_CORE), *command], stdout=output, stderr=subprocess.STDOUT, env=environment
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def follow(process: subprocess.Popen[bytes], done: Callable[[], int], total: int, log: Path) -> Progress:
    """Watch until ``done()`` reaches ``total`` samples; RuntimeError when it ends or stands still."""
    progress, moved_s = Progress(), time.monotonic()
    while not progress.samples or progress.samples[-1] < total:
        if process.poll() is not None:
            raise RuntimeError(f"contestant ended with {process.returncode}:\n{log.read_text()[-3000:]}")
        before = progress.samples[-1] if progress.samples else 0
        progress.note(done(), process.pid)
        if progress.samples[-1] > before:
            moved_s = time.monotonic()
        elif time.monotonic() - moved_s > STALLED_AFTER_S:
            raise RuntimeError(f"contestant stands at {before} of {total} samples:\n{log.read_text()[-3000:]}")
        time.sleep(POLL_S)
    return progress


def printed_progress(log: Path) -> list[tuple[float, int]]:
    """All ``seconds samples`` lines of a peer's log; Faust may put escape sequences before them."""
    found = re.findall(r"([0-9.]+) ([0-9]+)$", log.read_text(errors="replace"), re.MULTILINE)
    return [(float(seconds), int(samples)) for seconds, samples in found]


def printed_samples(log: Path) -> int:
    """Samples in the last line of a peer's log."""
    lines = printed_progress(log)
    return lines[-1][1] if lines else 0


def printed_us_per_frame(log: Path) -> float:
    """Seconds a peer printed per frame, from its first line to its last; its start does not count."""
    (first_s, first), *_, (last_s, last) = printed_progress(log)
    return 1e6 * SAMPLES * (last_s - first_s) / (last - first)


def scraped_samples(metrics: str) -> int:
    """Samples of all accepted frames in a worker's /metrics."""
    for line in metrics.splitlines():
        if line.startswith('edu_twin_messages_total{result="accepted"}'):
            return int(float(line.split()[1])) * SAMPLES
    return 0
