"""Reading the mapped columns of Parquet and CSV files, with errors that name file and column."""

import csv as csv_format
from collections import Counter
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from streams.sources import SourceError
from streams.sources.maps import ColumnMap

SUFFIXES = (".parquet", ".csv")
MICROSECONDS = {"s": 1e6, "ms": 1e3, "us": 1.0}


def find_files(source: Path, column_map: ColumnMap) -> list[Path]:
    """The files of a source: itself, the map's list below it, or all Parquet and CSV files in it, by name."""
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise SourceError(f"{source}: no such file or folder")
    paths = [source / name for name in column_map.files]
    for path in paths:
        if not path.is_file():
            raise SourceError(f"{path}: not found; the map's `files` lists it")
    paths = paths or sorted(path for path in source.iterdir() if path.suffix in SUFFIXES)
    if not paths:
        raise SourceError(f"{source}: holds no {' or '.join(SUFFIXES)} files")
    return paths


def read(path: Path, column_map: ColumnMap) -> pa.Table:
    """The mapped columns of a file."""
    if path.suffix not in SUFFIXES:
        raise SourceError(f"{path}: cannot read {path.suffix or 'files without suffix'}; give {' or '.join(SUFFIXES)}")
    try:
        if path.suffix == ".parquet":
            file = pyarrow.parquet.ParquetFile(path)
            _check_columns(path, file.schema_arrow.names, column_map)
            return file.read(columns=column_map.columns)
        return _read_csv(path, column_map)
    except (pa.ArrowException, UnicodeError, LookupError) as error:
        hint = "; say delimiter, decimal and encoding in the map's [csv]" if path.suffix == ".csv" else ""
        raise SourceError(f"{path}: {' '.join(str(error).split())}{hint}") from None
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}") from None


def numbers(path: Path, table: pa.Table, column: str) -> NDArray[np.float64]:
    """A column as float64, NaN where empty."""
    values = table.column(column)
    try:
        return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    except pa.ArrowException as error:
        raise SourceError(f"{path}: column {column!r} is {values.type}, not a number: {error}") from None


def _read_csv(path: Path, column_map: ColumnMap) -> pa.Table:
    form = column_map.csv
    with path.open(encoding=form.encoding, newline="") as text:
        header = next(csv_format.reader(text, delimiter=form.delimiter), [])
    _check_columns(path, header, column_map)
    group = column_map.recordings.column
    types = {name: pa.string() if name == group else pa.float64() for name in column_map.columns}
    return pyarrow.csv.read_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(encoding=form.encoding),
        parse_options=pyarrow.csv.ParseOptions(delimiter=form.delimiter),
        convert_options=pyarrow.csv.ConvertOptions(
            include_columns=column_map.columns, column_types=types, decimal_point=form.decimal
        ),
    )


def _check_columns(path: Path, names: list[str], column_map: ColumnMap) -> None:
    """Every mapped column must be there once. Names count letter by letter, blanks too: real files differ there."""
    count = Counter(names)
    for name in column_map.columns:
        if count[name] > 1:
            raise SourceError(f"{path}: {count[name]} columns are called {name!r}; rename all but one")
        if not count[name]:
            near = get_close_matches(name, names, n=2, cutoff=0.4) or names[:8]
            raise SourceError(f"{path}: no column {name!r}; did you mean {' or '.join(map(repr, near))}? Mend the map")
