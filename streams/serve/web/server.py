"""Serving the application on a port, until told to stop."""

import errno
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from streams.serve.fleet_view import FleetView
from streams.serve.web.app import application
from streams.settings import ServeSettings

GOODBYE_S = 1
"""Followers of live events never leave by themselves."""


class PortError(ValueError):
    """The port cannot be listened on."""


def run_until_told(
    view: FleetView, settings: ServeSettings, variants: Path | None, ready: Callable[[str], None]
) -> None:
    """Serve until SIGTERM or Ctrl-C. ``ready`` is told the page's address when it can be opened. PortError,
    VariantError.
    """
    app = application(view, refresh_s=settings.refresh_s, variants=variants)
    with _listening(settings.host, settings.port) as listener:
        host, port = listener.getsockname()[:2]
        ready(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=GOODBYE_S, ws="none"
        )
        with _taken_as_an_end():
            uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def _taken_as_an_end() -> Iterator[None]:
    """The server raises a signal again when it has ended: to be told to stop is no failure."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: None) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


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
