"""Server-sent events: everybody who follows is told what changed; a slow follower is told to load anew."""

import asyncio
from collections.abc import AsyncIterator

from streams.serve.fleet_view import FleetView

KEEP_ALIVE_S = 15.0
MOST_TWINS = 200
"""Of more units that changed at once no single one is told."""
WAITING = 1_000


class Live:
    """Belongs to one event loop."""

    def __init__(self, view: FleetView) -> None:
        self._view = view
        self._followers: set[asyncio.Queue[str]] = set()

    def tell(self, units: set[str]) -> None:
        """These units changed."""
        if not units or not self._followers:
            return
        if len(units) > MOST_TWINS:
            events = [_event("reload", "{}")]
        else:
            found = (self._view.summaries.get(unit) for unit in sorted(units))
            events = [_event("twin", summary.model_dump_json()) for summary in found if summary]
        events.append(self._fleet())
        for queue in self._followers:
            if queue.qsize() + len(events) > WAITING:
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(_event("reload", "{}"))
            for event in events:
                queue.put_nowait(event)

    async def follow(self) -> AsyncIterator[str]:
        """Events for one follower, until it goes."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._followers.add(queue)
        try:
            yield self._fleet()
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), KEEP_ALIVE_S)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self._followers.discard(queue)

    def _fleet(self) -> str:
        return _event("fleet", self._view.counts().model_dump_json())


def _event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {data}\n\n"
