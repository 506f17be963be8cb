"""The climate a unit lives in, by the air it drives in against the fleet's: whom weather treats alike (physics 7.1).

Against the fleet's, so that a season, which all of it has, moves nobody. Few units of a climate fall back to the wider
stratum as any few do. A climate that the registry states stays.
"""

import numpy as np

from twin.fleet.baselines import widen
from twin.fleet.features import Floats, Indices
from twin.fleet.rules import BaselineRules
from twin.fleet.units import UNKNOWN, Units

BANDS = ("air:colder", "air:usual", "air:warmer")
"""No words of a registry: what it states stays."""
EDGE_K, HYSTERESIS_K = 6.0, 2.0
"""From the fleet's median on units are colder or warmer; what has to be crossed beyond it to leave a band."""
MEAN_DAYS = 14.0
"""Time constant of a unit's mean: fewer driving days than a journey has tell no climate."""
LEAST_DAYS = 5
HEARD_DAYS = 30
"""Units that drove in so many days make the fleet's median."""


def band(apart_k: Floats, now: Indices) -> Indices:
    """Band (n,) of units so many K from the fleet's median; ``now``: the present ones, -1: none yet."""
    edge = np.full(len(now), EDGE_K)
    colder = apart_k < -np.where(now == 0, edge - HYSTERESIS_K, np.where(now < 0, edge, edge + HYSTERESIS_K))
    warmer = apart_k > np.where(now == 2, edge - HYSTERESIS_K, np.where(now < 0, edge, edge + HYSTERESIS_K))
    found: Indices = np.where(colder, 0, np.where(warmer, 2, 1)).astype(np.int64)
    return found


def follow(units: Units, index: Indices, air_c: Floats, day: int, rules: BaselineRules) -> None:
    """Take the mean air (n,) [degC], NaN: not known, that the units in the rows ``index`` drove in on a closed day.

    A unit that comes to another climate keeps its normal, wider, as for a new segment.
    """
    rows = units.rows
    seen = np.isfinite(air_c)
    at, now_c = index[seen], air_c[seen]
    days = rows["air_days"][at].astype(np.float64)
    gain = np.maximum(1.0 / (days + 1.0), 1.0 / MEAN_DAYS)
    before_c = rows["air_c"][at].astype(np.float64)
    rows["air_c"][at] = before_c + gain * (now_c - before_c)
    rows["air_days"][at] = np.minimum(days + 1.0, np.iinfo(np.int16).max)
    rows["air_day"][at] = day
    known = (rows["air_days"] >= LEAST_DAYS) & (rows["air_day"] > day - HEARD_DAYS)
    if not known.any():
        return
    at = at[known[at]]
    numbers = np.array([units.number("climate", word) for word in (UNKNOWN, *BANDS)])
    place = np.full(int(numbers.max()) + 1, -2)
    place[numbers] = np.arange(-1, len(BANDS))
    old = rows["climate"][at]
    now = np.where(old < len(place), place[np.minimum(old, len(place) - 1)], -2)
    own = now >= -1  # what the registry says is another word
    at, now = at[own], now[own]
    new = band(rows["air_c"][at] - float(np.median(rows["air_c"][known])), now)
    moved = at[(new != now) & (now >= 0)]
    rows["climate"][at] = numbers[1 + new]
    rows[moved] = widen(rows[moved], rules)
