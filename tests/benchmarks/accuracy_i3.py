"""DC power of a real car on real roads: ``bmw-i3``, identified on odd-numbered trips, judged on even-numbered ones.

Everything comes out of the twin's own chain: losses, delay line and base load. Power is judged where heater and air
conditioning are off, so the battery feeds the drive and the car's base load only; energy there, and over whole trips.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests import road
from tests.benchmarks.report import Row, at_most
from twin.trace import trace
from twin.variants import Variant, load

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "bmw-i3-trips"
EFFICIENCY, BASE_LOAD_W = 0.92, 380.0
"""The model to beat: one efficiency for everything, and a base load."""
JUDGED_ROWS = 3_000
"""A trip's energy by itself is judged by at least five minutes of clean rows: two even trips have them."""
STANDING_ROWS = 30
"""A trip shows its own base load in at least three seconds of standing."""
WITHIN_PERCENT = 3.0
WH_PER_ROW = 0.1 / 3_600.0  # at 10 Hz, of 1 W

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Powers:
    """Powers of the battery [W] on the rows of a trip of which the delay line knows, one time for all columns.

    ``standing``: nothing turns; ``logged_w``: heater and air conditioning as logged, ``heat_logged``: and that is all.
    """

    name: str
    modelled_w: Array
    measured_w: Array
    logged_w: Array
    heat_logged: bool
    clean: NDArray[np.bool_]
    standing: NDArray[np.bool_]
    constant_error_w: Array
    aligned_constant_error_w: Array  # given the twin's delay line

    def error_w(self) -> Array:
        """Modelled less measured power [W] on the clean rows."""
        return (self.modelled_w - self.measured_w)[self.clean]


@dataclass(frozen=True)
class Energy:
    """Energy out of the battery [Wh] on some rows of a trip, modelled and measured."""

    modelled_wh: float
    measured_wh: float

    @property
    def error_percent(self) -> float:
        """Of the measured energy; of one that is near nothing, as much went back as was drawn, this is large."""
        return 100.0 * abs(self.modelled_wh - self.measured_wh) / abs(self.measured_wh)


def constant_efficiency(shaft_w: Array) -> Array:
    """Power [W] of the battery by the model to beat."""
    return np.where(shaft_w > 0.0, shaft_w / EFFICIENCY, shaft_w * EFFICIENCY) + BASE_LOAD_W


def powers(variant: Variant, trip: road.Trip) -> Powers:
    """Run a trip through the twin; the measured power is that of the sample the delay line has reached."""
    points = trace(variant.parameters, trip.times_us, trip.samples)
    known = np.isfinite(points["balance_dc_w"])
    battery_w = trip.samples["dc_voltage_v"] * trip.samples["dc_current_a"]
    other_w = (battery_w - points["dc_w"])[known]
    points, samples, battery_w = points[known], trip.samples[known], battery_w[known]
    shaft_w = samples["torque_nm"] * samples["motor_speed_rpm"] * (2.0 * np.pi / 60.0)
    aligned_w = points["balance_dc_w"] + other_w
    return Powers(
        trip.name,
        points["balance_electrical_w"] + other_w,
        aligned_w,
        trip.logged_w[known],
        trip.heat_logged,
        trip.clean[known],
        (samples["motor_speed_rpm"] == 0.0) & (points["balance_shaft_w"] == 0.0),
        constant_efficiency(shaft_w) - battery_w,
        constant_efficiency(points["balance_shaft_w"]) - aligned_w,
    )


def rms(parts: Sequence[Array]) -> float:
    """Root mean square of all parts together."""
    return float(np.sqrt(np.mean(np.concatenate(parts) ** 2)))


def on_clean_rows(trip: Powers) -> Energy:
    """Of the rows on which only drive and base load draw."""
    return _energy(trip.modelled_w[trip.clean], trip.measured_w[trip.clean])


def with_own_base_load(trip: Powers) -> Energy:
    """The same, the base load being what the trip's own clean standstills show, where there are any.

    This tells how much of the error is base load; the twin does not do so, as in service a heater can be on as well.
    """
    standing = trip.clean & trip.standing
    if np.count_nonzero(standing) < STANDING_ROWS:
        return on_clean_rows(trip)
    missed_w = float(np.mean((trip.measured_w - trip.modelled_w)[standing]))
    return _energy(trip.modelled_w[trip.clean] + missed_w, trip.measured_w[trip.clean])


def of_whole_trip(trip: Powers) -> Energy:
    """Of all rows, the logged power of heater and air conditioning taken off what the battery gave."""
    return _energy(trip.modelled_w, trip.measured_w - trip.logged_w)


def as_metered(trip: Powers) -> Energy:
    """Of all rows, against all that the battery gave: no telemetry tells the twin of heater and air conditioning."""
    return _energy(trip.modelled_w, trip.measured_w)


def _energy(modelled_w: Array, measured_w: Array) -> Energy:
    return Energy(float(modelled_w.sum()) * WH_PER_ROW, float(measured_w.sum()) * WH_PER_ROW)


def weighted_percent(trips: Sequence[Energy]) -> float:
    """Mean of the trips' errors [%], each weighted by its energy: no trip's error hides behind another's."""
    missed_wh = sum(abs(trip.modelled_wh - trip.measured_wh) for trip in trips)
    return 100.0 * missed_wh / sum(abs(trip.measured_wh) for trip in trips)


def rows() -> list[Row]:
    """RMSE of the power, its ratio to constant efficiency on the same rows, and the energies of all even trips."""
    if not DATA.is_dir():
        return [Row("i3", None, "", reference_name="reference data bmw-i3-trips is not in ../shared/data")]
    variant = load("bmw-i3")
    judged = [powers(variant, trip) for trip in road.trips(DATA) if not trip.odd]
    clean = [trip for trip in judged if trip.clean.any()]
    rmse_w = rms([trip.error_w() for trip in clean])
    constant_w = rms([trip.constant_error_w[trip.clean] for trip in clean])
    aligned_w = rms([trip.aligned_constant_error_w[trip.clean] for trip in clean])
    poly = "12-term polynomial"
    return [
        at_most("i3.dc_power_rmse_w", rmse_w, "W", 0.45 * constant_w, 285.0, poly),
        at_most("i3.rmse_ratio_constant", rmse_w / constant_w, "1", 0.45, 0.37, poly),
        at_most("i3.rmse_ratio_constant_aligned", rmse_w / aligned_w, "1", 0.45),
        *_energies(judged, clean),
    ]


def _energies(judged: Sequence[Powers], clean: Sequence[Powers]) -> list[Row]:
    """How far the energies of the trips are off, and how much of that is load which is not the drive's."""
    parts = [on_clean_rows(trip) for trip in clean]
    pooled = Energy(sum(part.modelled_wh for part in parts), sum(part.measured_wh for part in parts))
    long_trips = [part for part, trip in zip(parts, clean, strict=True) if np.count_nonzero(trip.clean) >= JUDGED_ROWS]
    whole = [of_whole_trip(trip) for trip in judged]
    logged = [of_whole_trip(trip) for trip in judged if trip.heat_logged]
    own, metered = [with_own_base_load(trip) for trip in clean], [as_metered(trip) for trip in judged]
    is_of = "even trips with clean rows"
    return [
        at_most("i3.energy_error_weighted", weighted_percent(parts), "%", 2.0, 2.2, "regression, its worst trip"),
        at_most("i3.energy_error_pooled", pooled.error_percent, "%", 2.0),
        at_most("i3.trip_energy_error_median", _median(parts), "%", 3.0),
        at_most("i3.trip_energy_error_max", max(part.error_percent for part in long_trips), "%", 3.0),
        Row("i3.trips_judged_by_max", float(len(long_trips)), "trips", float(len(clean)), "have clean rows at all"),
        Row("i3.trips_within_3_percent", _within(parts), "trips", float(len(parts)), is_of),
        Row("i3.energy_error_weighted.own_base_load", weighted_percent(own), "%", reference_name="of its standstills"),
        at_most("i3.whole.trip_energy_error_median", _median(whole), "%", 3.0),
        at_most("i3.whole.energy_error_weighted.heat_logged", weighted_percent(logged), "%", 3.0),
        Row("i3.whole.energy_error_weighted", weighted_percent(whole), "%", reference_name="less logged heat and A/C"),
        Row("i3.whole.trips_within_3_percent", _within(whole), "trips", float(len(whole)), "even trips"),
        Row("i3.whole.energy_error_weighted.metered", weighted_percent(metered), "%", reference_name="heat and A/C in"),
        *(
            Row(f"i3.{trip.name}.energy_error", part.error_percent, "%", part.measured_wh, "Wh on clean rows")
            for trip, part in zip(clean, parts, strict=True)
        ),
        *(
            Row(f"i3.{trip.name}.whole.energy_error", part.error_percent, "%", part.measured_wh, "Wh")
            for trip, part in zip(judged, whole, strict=True)
        ),
    ]


def _median(trips: Sequence[Energy]) -> float:
    return float(np.median([trip.error_percent for trip in trips]))


def _within(trips: Sequence[Energy]) -> float:
    return float(sum(trip.error_percent <= WITHIN_PERCENT for trip in trips))
