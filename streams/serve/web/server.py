"""Serving the application on a port, beside whatever else the process does, until told to stop."""

import errno
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn

from streams.serve.fleet_view import FleetView
from streams.serve.web.app import application
from streams.settings import ServeSettings

GOODBYE_S = 1
"""Followers of live events never leave by themselves."""
LOOK_S = 1.0


class PortError(ValueError):
    """The port cannot be listened on."""


class Server:
    """Has its port from the beginning, answers from ``start`` on, and lets go at the end of its block."""

    def __init__(self, settings: ServeSettings) -> None:
        """PortError when nobody can be served there."""
        self._settings, self.grafana_url = settings, settings.grafana_url
        self._listener = _listening(settings.host, settings.port)
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=self._serve, name="serve", daemon=True)
        host, port = self._listener.getsockname()[:2]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    def start(self, view: FleetView, variants: Path | None, refresh_s: float | None = None) -> None:
        """Answer in a thread of its own. ``refresh_s``: instead of that of the settings. VariantError."""
        token = self._settings.token.get_secret_value()
        app = application(view, refresh_s=refresh_s or self._settings.refresh_s, variants=variants, token=token)
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=GOODBYE_S, ws="none"
        )
        self._server = uvicorn.Server(config)
        self._thread.start()

    def until_told(self, ready: Callable[[], None]) -> None:
        """Wait for SIGTERM or Ctrl-C, which are no failures from the moment ``ready`` is called."""
        told = threading.Event()
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, lambda *_: told.set()) for number in numbers]
        try:
            ready()
            while self._thread.is_alive() and not told.wait(LOOK_S):
                pass
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server:
            self._server.should_exit = True
            self._thread.join(2 * GOODBYE_S)
        self._listener.close()

    def _serve(self) -> None:
        if self._server:
            self._server.run(sockets=[self._listener])


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        taken = "; another program has it: give another port" if error.errno == errno.EADDRINUSE else ""
        raise PortError(f"EDU_TWIN_SERVE__HOST {host}, EDU_TWIN_SERVE__PORT {port}: {error.strerror}{taken}") from None
    return listener
