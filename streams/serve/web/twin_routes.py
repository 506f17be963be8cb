"""``/v1/twins`` and what hangs on it."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from schemas.api import Attention, History, LifeStory, Series, Twin, TwinPage, TwinSummary
from schemas.telemetry import NAME_PATTERN
from streams.serve import histories
from streams.serve.fleet_view import FleetView
from streams.serve.twins import remaining
from streams.serve.web.answers import answer, cursor_of, key_of, problems

MOST_POINTS = 5_000
LAST_US = (1 << 53) - 1  # in the year 2255
UnitPath = Annotated[str, Path(pattern=NAME_PATTERN, description="pseudonym of the unit")]
ComponentPath = Annotated[str, Path(pattern="^[a-z_]{1,40}$", description="as remaining_life of the unit names it")]
Filter = Annotated[str | None, Query(max_length=64)]


T = TypeVar("T")


class Order(StrEnum):
    """What comes first in a list of units."""

    ATTENTION = "attention"
    UNIT = "unit"


def routes(view: FleetView) -> APIRouter:
    """The routes over a fleet."""
    router = APIRouter(prefix="/v1/twins", tags=["twins"])

    @router.get("", response_model=TwinPage, responses=problems())
    async def list_twins(
        request: Request,
        variant: Filter = None,
        maker: Filter = None,
        plant: Filter = None,
        batch: Filter = None,
        mounting: Filter = None,
        hardware: Filter = None,
        state: Annotated[list[Attention] | None, Query(description="several: any of them")] = None,
        q: Annotated[str | None, Query(max_length=64, description="part of the unit's name")] = None,
        order: Order = Order.ATTENTION,
        cursor: Annotated[str | None, Query(max_length=400)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Response:
        """Units with what they ask of people and why: by default the most urgent first."""
        wanted = {"variant": variant, "maker": maker, "plant": plant, "batch": batch, "mounting": mounting}
        wanted |= {"hardware": hardware}
        wanted = {name: value for name, value in wanted.items() if value is not None}

        def fits(one: TwinSummary) -> bool:
            if (state and one.state not in state) or (q and q.lower() not in one.unit.lower()):
                return False
            return all(getattr(one, name) == value for name, value in wanted.items())

        if order is Order.ATTENTION:
            ranked: list[tuple[tuple[Any, ...], str]] = list(view.order)
            kinds: tuple[type, ...] = (int, int, float, str)
        else:
            ranked = [((unit,), unit) for unit in sorted(view.summaries)]
            kinds = (str,)
        found = [(key, one) for key, unit in ranked if fits(one := view.summaries[unit])]
        after = key_of(cursor, kinds) if cursor else None
        rest = [pair for pair in found if pair[0] > after] if after else found
        more = len(rest) > limit
        page = rest[:limit]
        following = cursor_of(page[-1][0]) if more else None
        return answer(request, TwinPage(items=[one for _, one in page], total=len(found), next=following))

    # Sync: it may ask a database, and the loop has others to answer meanwhile.
    @router.get("/{unit}", response_model=Twin, responses=problems(404, 503))
    def get_twin(request: Request, unit: UnitPath) -> Response:
        """One unit: state with standard deviations, slow parameters beside its peers, wear, alerts, segments."""
        return answer(request, _known(view.twin(unit), unit))

    @router.get("/{unit}/history", response_model=History, responses=problems(404, 503))
    def get_history(
        request: Request,
        unit: UnitPath,
        series: Series = Series.STATE,
        fields: Annotated[str, Query(max_length=2000, description="names with commas; empty: the usual ones")] = "",
        since: Annotated[datetime | None, Query(description="first moment; none: from the beginning")] = None,
        until: Annotated[datetime | None, Query(description="last moment; none: up to the newest point")] = None,
        at: Annotated[
            datetime | None, Query(description="instead of a range: the last point at or before this moment")
        ] = None,
        points: Annotated[int, Query(ge=1, le=MOST_POINTS, description="most points to be told")] = 2_000,
    ) -> Response:
        """A unit's series over time, or as it was at a past moment (``at``, then with every field by default)."""
        _known(view.summaries.get(unit), unit)
        asked = [name.strip() for name in fields.split(",") if name.strip()]
        try:
            if at is not None:
                return answer(request, histories.at(view.reader, unit, series, asked, _us(at)))
            span = (0 if since is None else _us(since), LAST_US if until is None else _us(until))
            return answer(request, histories.history(view.reader, unit, series, asked, span, points))
        except histories.UnknownFieldError as error:
            raise HTTPException(422, f"fields: {error}") from None

    @router.get("/{unit}/remaining-life/{component}", response_model=LifeStory, responses=problems(404, 503))
    def get_remaining_life(request: Request, unit: UnitPath, component: ComponentPath) -> Response:
        """How long a part of the unit goes on, as it was told day by day: what a fan is drawn from."""
        _known(view.summaries.get(unit), unit)
        points = [remaining(row) for row in view.reader.life(unit, component)]
        if not points:
            told = ", ".join(sorted(row["component"] for row in view.reader.lives(unit))) or "none yet"
            raise HTTPException(404, f"no remaining life of {component} is told of {unit}; there are: {told}")
        return answer(request, LifeStory(unit=unit, component=component, points=points))

    return router


def _known(found: T | None, unit: str) -> T:
    if found is None:
        raise HTTPException(404, f"no unit {unit} has sent results: GET /v1/twins lists those that have")
    return found


def _us(moment: datetime) -> int:
    """Microseconds since 1970; a moment without an offset is UTC."""
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1e6)
