"""The worst units of a fleet as one bounded query."""

from collections.abc import Mapping, Sequence

from grafana.influxql import FLEET, field


def worst(
    measurement: str,
    ranked: str,
    others: Mapping[str, str],
    limit: int,
    *,
    tags: Sequence[str] = ("unit",),
    where: str = FLEET,
) -> str:
    """The units (or other tags) with the highest value of a field, with other fields of the same point.

    ``others``: label -> field. The rows come in the order of time; the table is sorted where it is shown.
    """
    names = ", ".join(f'"{tag}"' for tag in tags)
    listed = ", ".join(f'{field(measurement, name)} AS "{label}"' for label, name in others.items())
    chosen = f'top({field(measurement, ranked)}, {names}, {limit}) AS "{ranked}", "variant" AS "variant", {listed}'
    return f'SELECT {chosen} FROM "{measurement}" WHERE {where}'  # noqa: S608
