"""``edu-twin lake``: care of a lake of Parquet files."""

from pathlib import Path
from typing import Annotated

import typer

from streams.commands.errors import UserError

lake = typer.Typer(help="Care of a lake of results.", no_args_is_help=True)


@lake.command()
def compact(folder: Annotated[Path, typer.Option("--lake", help="The lake.", file_okay=False)]) -> None:
    """Rewrite each day's files to one, with every point once. Readers see the same rows; writers may go on."""
    from streams.sinks.lake import compact as rewrite

    if not folder.is_dir():
        raise UserError(f"--lake {folder}: there is no such folder")
    before = _bytes(folder)
    try:
        removed = rewrite(folder)
    except OSError as error:
        raise UserError(f"--lake {folder}: {error}") from None
    typer.echo(f"{removed} files replaced; {before / 1e6:.1f} MB became {_bytes(folder) / 1e6:.1f} MB")


def _bytes(folder: Path) -> int:
    from streams.sinks.lake.files import SUFFIX

    return sum(path.stat().st_size for path in folder.rglob(f"*{SUFFIX}"))
