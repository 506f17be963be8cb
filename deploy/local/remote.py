"""Servers that somebody else runs, in the shape of ours: they cannot be started, stopped or killed."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self


class Remote:
    def start(self) -> Self:
        return self

    def close(self) -> None:
        """Nothing of ours to end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True)
class RemoteKafka(Remote):
    bootstrap: str


@dataclass(frozen=True)
class RemoteInfluxDB(Remote):
    url: str
    token: str
    org: str
    bucket: str = "edu_local"
