"""Record types: byte budget, and agreement with what they are read as."""

import numpy as np

from schemas.signals import SIGNALS
from streams.order import Delivery
from twin.layout import (
    ALERT,
    DAY,
    DAY_BYTES,
    DAY_POINT,
    DELIVERY_BYTES,
    HEALTH,
    LOAD,
    MAXIMA,
    N_CONSIDER,
    N_MAXIMUM_SDS,
    NODES,
    ROW,
    ROW_BYTES,
    SAMPLE,
    SENSOR_ERRORS,
    SENSORS,
    SLOW_BYTES,
    STATE,
    SUMS,
    TRIP,
)
from twin.layout.drift import DRIFT_SUMS
from twin.twin import Rows


def test_row_stays_within_its_budget() -> None:
    assert ROW.itemsize + DELIVERY_BYTES <= ROW_BYTES
    assert len(Delivery().pack()) <= DELIVERY_BYTES


def test_stated_bytes_of_the_thermal_filter_hold() -> None:
    names = ROW.names or ()
    for first, last, stated in (
        ("temp_c", "passed_w", 944),
        ("offset_k", "rested_s", 36),
        ("rotor_excess_k", "field_doubt", 208),
        ("foster_k", "junction_age_s", 192),
        ("fit_squared", "segment_driven_s", 180),
        ("balance_sds", "trips_in_row", 48),
        ("averaged", "sampled_steps", 64),
        ("reference_c", "loss_window", 232),
        ("copper_factor", "drag_factor", 48),
    ):
        block = names[names.index(first) : names.index(last) + 1]
        assert sum(ROW[name].itemsize for name in block) == stated


def test_sample_is_a_matrix_of_the_signals_in_their_order() -> None:
    assert SAMPLE.names == tuple(signal.name for signal in SIGNALS)
    matrix = np.arange(2.0 * len(SIGNALS)).reshape(2, -1)
    assert matrix.view(SAMPLE)["torque_nm"].ravel().tolist() == [1.0, 1.0 + len(SIGNALS)]


def test_records_have_no_padding() -> None:
    for dtype in (ROW, DAY, STATE, TRIP, DAY_POINT, HEALTH, LOAD, ALERT, SAMPLE):
        assert dtype.itemsize == sum(dtype[name].itemsize for name in dtype.names or ())


def test_index_names_count_what_they_name() -> None:
    assert ROW["part"].shape == (len(SUMS),)
    assert ROW["temp_c"].shape == (len(NODES),)
    assert ROW["cross"].shape == (len(NODES), N_CONSIDER) == (len(NODES), len(NODES) + len(SENSOR_ERRORS))
    assert ROW["reading"].shape == (len(SENSORS),)
    assert ROW["trip_maxima"].shape == DAY["maxima"].shape == (len(MAXIMA) + N_MAXIMUM_SDS,)


def test_rows_grow_and_keep_what_they_hold() -> None:
    rows = Rows(capacity=1)
    for index in range(100):
        assert rows.add() == index
        rows.records["segment"][index] = index
    assert rows.records["segment"].tolist() == list(range(100))
    kept = rows.copy(42)
    rows.records["segment"][42] = -1
    rows.restore(42, *kept)
    assert rows.records["segment"][42] == 42


def test_a_day_and_its_slow_parameters_stay_within_their_budgets() -> None:
    assert DAY.itemsize <= DAY_BYTES
    assert sum(DAY[name].itemsize for name, _ in DRIFT_SUMS) <= SLOW_BYTES


def test_days_grow_with_their_rows_and_closed_ones_are_left_behind() -> None:
    rows = Rows(capacity=1)
    for index in range(9):
        rows.add()
        rows.days["trips"][index] = index
        rows.days["open"][index] = index % 2
    rows.add()
    rows.empty(7)
    assert rows.days["trips"].tolist()[:8] == [0, 1, 0, 3, 0, 5, 0, 0]
    assert len(rows.days) == len(rows) == 10
