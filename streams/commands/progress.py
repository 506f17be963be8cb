"""Progress of a finite stream on stderr, so that stdout stays for results."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Shown(Protocol):
    """Something that shows how far a finite stream has come."""

    def advance(self, frames: int, time_us: int) -> None:
        """So many more frames; event time is now ``time_us``."""


class Bar:
    """A progress bar that counts frames and shows the event time reached."""

    def __init__(self, progress: "Progress", task: "TaskID", title: str) -> None:
        self._progress, self._task, self._title = progress, task, title

    def advance(self, frames: int, time_us: int) -> None:
        """So many more frames; event time is now ``time_us``."""
        from datetime import UTC, datetime

        when = datetime.fromtimestamp(time_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M")
        self._progress.update(self._task, advance=frames, when=when, description=self._title)


@contextmanager
def count(title: str, of: str) -> Iterator[Callable[[], None]]:
    """Count something of unknown number, a call each, while the block runs."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    text = TextColumn("[progress.description]{task.description}: {task.completed:.0f} " + of)
    with Progress(SpinnerColumn(), text, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=None)
        yield lambda: progress.advance(task)


@contextmanager
def bar(title: str, frames: int) -> Iterator[Bar]:
    """Show a bar while the block runs."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("[progress.description]{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("frames"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[when]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        waiting = f"{title}: preparing, the first time compiling"
        yield Bar(progress, progress.add_task(waiting, total=frames, when=""), title)
