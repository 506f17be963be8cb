"""The thermal network and its filter against independent truths: numpy, filterpy, linear solves, energy."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.results import Validity
from twin.estimators import consider, losses, thermal, thermal_gap
from twin.estimators import readings as of_sensors
from twin.layout import (
    AMBIENT,
    COOLANT_IN,
    COOLANT_OUT,
    COPPER_AC20_J,
    COPPER_DC20_J,
    END_WINDING,
    FIELD20_J,
    GEAR_J,
    INVERTER_J,
    IRON_J,
    N_NODES,
    N_SENSORS,
    OIL,
    ROTOR,
    ROTOR_J,
    SENSOR_ERROR,
    SLOT_WINDING,
    SPEED_RPM_S,
    WORK,
)
from twin.layout.fresh import fresh_row
from twin.physics.thermal import NORMS, hold, network
from twin.variants import load

Array = NDArray[np.float64]
SENSOR_NODES = (END_WINDING, COOLANT_OUT, OIL)
SINGLE = 2e-6
"""Relative: the row keeps the covariance with the considered errors in single precision."""
INLET, AIR, FLOW = 3, 4, 5


class Unit:
    """A row with its parameters and scratch, driven second by second without the rest of the twin."""

    def __init__(self, variant: str = "bmw-gen5-rear", **parameters: Any) -> None:
        self.parameters = load(variant).parameters.copy().view(np.recarray)
        for name, value in parameters.items():
            self.parameters[name] = value
        self.par: Any = self.parameters[0]
        self.rows = fresh_row().view(np.recarray)
        self.row: Any = self.rows[0]
        self.works = np.zeros(1, WORK).view(np.recarray)
        self.work: Any = self.works[0]
        self.resets = 0

    @property
    def covariance(self) -> Array:
        """(8, 8) of the nodes."""
        consider.load(self.row, self.work)
        return np.array(self.work.covariance)

    def second(self, readings: Array, speed_rpm: float = 0.0, **joules: float) -> None:
        """One second with mean ``readings`` (NaN: missing) and losses by name of the sum."""
        names = {
            "copper_dc20": COPPER_DC20_J,
            "copper_ac20": COPPER_AC20_J,
            "field20": FIELD20_J,
            "rotor": ROTOR_J,
            "iron": IRON_J,
            "gear": GEAR_J,
            "inverter": INVERTER_J,
        }
        self.row.second[:] = 0.0
        self.row.second[SPEED_RPM_S] = speed_rpm
        for name, value in joules.items():
            self.row.second[names[name]] = value
        known = np.isfinite(readings)
        self.row.reading_sum[:] = np.where(known, readings, 0.0)
        self.row.reading_count[:] = known
        self.resets += thermal.step(self.par, self.row, self.work)
        losses.close_second(self.par, self.row, self.work)


def readings(**known: float) -> Array:
    names = ("winding", "coolant_out", "oil", "coolant_in", "ambient", "flow")
    return np.array([known.get(name, np.nan) for name in names])


def dense_network(par: Any, flow: float, speed: float, inlet: float, air: float) -> tuple[Array, Array]:
    """Rate matrix and forcing built the other way round: conductance matrix first."""
    g, b = np.zeros((N_NODES, N_NODES)), np.zeros(N_NODES)
    for k in range(int(par.edges)):
        n, (of_speed, of_coolant, of_both, of_standstill, scale) = (
            speed / par.reference_speed_rpm,
            par.edge_resistance[k],
        )
        resistance = 1 + of_speed * n + of_coolant * inlet + of_both * n * inlet
        resistance += of_standstill * (np.exp(-n / scale) - 1)
        value = par.edge_w_k[k] * (1 + par.edge_speed_gain[k] * n) / resistance
        if par.edge_flow_exponent[k]:
            thin = np.exp(par.coolant_thinning_per_k * (inlet - par.coolant_thin_temp_c))
            value *= max(flow / par.nominal_flow_l_min * thin, 0.02) ** par.edge_flow_exponent[k]
        i, j = par.edge_from[k], par.edge_to[k]
        g[i, i] += value
        if j == AMBIENT:
            b[i] += value * air
        elif j == COOLANT_IN:
            b[i] += value * inlet
        else:
            g[j, j] += value
            g[i, j] -= value
            g[j, i] -= value
    pump = par.coolant_j_l_k * flow / 60
    g[COOLANT_OUT, COOLANT_OUT] += pump
    b[COOLANT_OUT] += pump * inlet
    return -g / par.capacity_j_k[:, None], b / par.capacity_j_k


def exponential(matrix: Array) -> Array:
    """exp(matrix) by its eigenvalues."""
    values, vectors = np.linalg.eig(matrix)
    result: Array = (vectors @ np.diag(np.exp(values)) @ np.linalg.inv(vectors)).real
    return result


@pytest.mark.parametrize("dt_s", [0.1, 1.0, 7.0, 300.0])
def test_hold_is_the_matrix_exponential(dt_s: float) -> None:
    a, _ = dense_network(Unit().par, 12.0, 9_000.0, 50.0, 10.0)
    transition, s = np.empty_like(a), np.empty_like(a)
    hold(a, dt_s, transition, s, np.empty((8, N_NODES, N_NODES)))
    np.testing.assert_allclose(transition, exponential(a * dt_s), rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(a @ s * dt_s, transition - np.eye(N_NODES), atol=1e-10)


@pytest.mark.parametrize("norm", [limit * factor for limit in NORMS for factor in (0.999, 1.001)])
def test_where_the_number_of_terms_changes_hold_is_the_matrix_exponential(norm: float) -> None:
    a, _ = dense_network(Unit().par, 12.0, 9_000.0, 50.0, 10.0)
    dt_s = norm / np.abs(a).sum(axis=1).max()
    transition, s = np.empty_like(a), np.empty_like(a)
    hold(a, dt_s, transition, s, np.empty((8, N_NODES, N_NODES)))
    np.testing.assert_allclose(transition, exponential(a * dt_s), rtol=0.0, atol=1e-10)


def test_two_short_steps_are_one_long_step() -> None:
    a, _ = dense_network(Unit().par, 8.0, 4_000.0, 50.0, 10.0)
    scratch = np.empty((8, N_NODES, N_NODES))
    short, long, s = np.empty_like(a), np.empty_like(a), np.empty_like(a)
    hold(a, 3.0, short, s, scratch)
    hold(a, 6.0, long, s, scratch)
    np.testing.assert_allclose(short @ short, long, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("variant", ["bmw-gen5-rear", "lea-pmsm"])
def test_kernel_network_is_the_dense_network_and_is_stable(variant: str) -> None:
    unit = Unit(variant)
    for flow, speed in ((0.0, 0.0), (8.0, 0.0), (11.0, 12_000.0)):
        network(unit.par, unit.work, flow, speed, 45.0, 5.0)
        a, b = dense_network(unit.par, flow, speed, 45.0, 5.0)
        np.testing.assert_allclose(unit.work.system, a, rtol=1e-13, atol=1e-16)
        np.testing.assert_allclose(unit.work.forcing, b, rtol=1e-13, atol=1e-16)
        off_diagonal = a - np.diag(np.diag(a))
        assert np.all(off_diagonal >= 0.0)
        assert np.all(np.linalg.eigvals(a).real < 0.0)


@pytest.mark.parametrize("variant", ["bmw-gen5-rear", "bmw-i3"])
def test_constant_input_ends_at_the_solution_of_the_linear_equations(variant: str) -> None:
    unit = Unit(variant)
    given = readings(coolant_in=50.0, ambient=20.0, flow=8.0)
    losses = {"copper_dc20": 900.0, "iron": 400.0, "gear": 700.0, "inverter": 600.0}
    for _ in range(40_000):
        unit.second(given, 5_000.0, **losses)
    a, b = dense_network(unit.par, 8.0, 5_000.0, 50.0, 20.0)
    par, capacity = unit.par, unit.par.capacity_j_k
    heat = par.iron_share * 400.0 + par.gear_share * 700.0 + par.inverter_share * 600.0
    for node, share in ((END_WINDING, par.end_winding_share), (SLOT_WINDING, 1.0 - par.end_winding_share)):
        watts = share * 900.0  # P (1 + alpha (T - 20)): its part in T belongs to the matrix
        heat[node] += watts * (1.0 - 20.0 * par.copper_temp_coefficient)
        a[node, node] += watts * par.copper_temp_coefficient / capacity[node]
    expected = np.linalg.solve(a, -(b + heat / capacity))
    np.testing.assert_allclose(unit.row.temp_c, expected, rtol=0.0, atol=1e-6)


def test_closed_unit_keeps_every_joule() -> None:
    unit = Unit()
    unit.par.edge_w_k[unit.par.edge_to == AMBIENT] = 0.0
    unit.second(readings(coolant_in=40.0, flow=0.0))
    before_j = float(unit.par.capacity_j_k @ unit.row.temp_c)
    for _ in range(500):
        unit.second(readings(flow=0.0), 3_000.0, iron=500.0, gear=300.0, inverter=200.0)
    after_j = float(unit.par.capacity_j_k @ unit.row.temp_c)
    assert after_j - before_j == pytest.approx(500 * 1_000.0, rel=1e-9)


def test_unit_without_losses_at_one_temperature_stays() -> None:
    unit = Unit()
    for _ in range(200):
        unit.second(readings(coolant_in=31.0, ambient=31.0, flow=8.0))
    np.testing.assert_allclose(unit.row.temp_c, 31.0, rtol=0.0, atol=1e-12)


def test_copper_loss_follows_the_temperature_of_the_winding() -> None:
    hot, cold = Unit(), Unit()
    for unit, temp_c in ((hot, 90.0), (cold, 20.0)):
        unit.second(readings(coolant_in=temp_c, ambient=temp_c, flow=8.0))
        unit.second(readings(coolant_in=temp_c, ambient=temp_c, flow=8.0), copper_dc20=1_000.0)
    rise_hot, rise_cold = hot.row.temp_c[END_WINDING] - 90.0, cold.row.temp_c[END_WINDING] - 20.0
    assert rise_hot / rise_cold == pytest.approx(1.0 + 70.0 * hot.par.copper_temp_coefficient, rel=1e-4)
    warm = Unit()
    warm.second(readings(coolant_in=90.0, ambient=90.0, flow=8.0))
    warm.second(readings(coolant_in=90.0, ambient=90.0, flow=8.0), copper_ac20=1_000.0)
    assert warm.row.temp_c[END_WINDING] - 90.0 < rise_cold  # eddy loss falls with the resistance


def test_gap_is_as_many_idle_seconds() -> None:
    whole, single = Unit(), Unit()
    for unit in (whole, single):
        for _ in range(60):
            unit.second(readings(coolant_in=60.0, ambient=5.0, winding=70.0, flow=8.0), 6_000.0, copper_dc20=2_000.0)
    thermal_gap.step(whole.par, whole.row, whole.work, 1_237, False)
    for _ in range(1_237):
        thermal_gap.step(single.par, single.row, single.work, 1, False)
    np.testing.assert_allclose(whole.row.temp_c, single.row.temp_c, rtol=1e-9)
    np.testing.assert_allclose(whole.row.covariance, single.row.covariance, rtol=1e-5)
    np.testing.assert_allclose(whole.row.cross, single.row.cross, rtol=1e-4, atol=1e-6)


def test_parked_unit_starts_at_its_surroundings() -> None:
    unit = Unit()
    for _ in range(30):
        unit.second(readings(coolant_in=60.0, ambient=8.0, winding=90.0))
    thermal_gap.step(unit.par, unit.row, unit.work, 3 * 3_600, False)
    unit.second(readings(coolant_in=10.0, ambient=8.0, winding=9.5))
    np.testing.assert_allclose(unit.row.temp_c, 9.0)
    sd_k = np.sqrt(np.diag(unit.covariance))
    np.testing.assert_allclose(sd_k, np.hypot(unit.par.soak_sd_k, unit.par.start_node_sd_k))


def test_a_soaked_unit_tells_how_warm_the_air_is_that_nobody_measures() -> None:
    unit = Unit()
    unit.second(readings(coolant_in=60.0))
    assert of_sensors.ambient(unit.par, unit.row) == unit.par.assumed_ambient_temp_c
    assert of_sensors.ambient_sd(unit.par, unit.row) == unit.par.assumed_ambient_sd_k
    thermal_gap.step(unit.par, unit.row, unit.work, 3 * 3_600, False)
    unit.second(readings(coolant_in=10.0))
    assert of_sensors.ambient(unit.par, unit.row) == 10.0
    assert of_sensors.ambient_sd(unit.par, unit.row) == of_sensors.AIR_CHANGE_SD_K
    unit.second(readings(coolant_in=10.0, ambient=8.0))
    assert of_sensors.ambient(unit.par, unit.row) == 8.0
    assert of_sensors.ambient_sd(unit.par, unit.row) == 0.0


@pytest.mark.parametrize(
    ("variant", "reason"), [("bmw-gen5-rear", Validity.NO_OIL_SENSOR), ("lea-pmsm", Validity.VALID)]
)
def test_oil_without_its_sensor_says_so_where_there_is_oil(variant: str, reason: Validity) -> None:
    unit = Unit(variant)
    given = {"winding": 50.0, "coolant_in": 50.0, "ambient": 50.0, "flow": 8.0}
    for _ in range(400):
        unit.second(readings(oil=50.0, **given))
    assert thermal.validity(unit.par, unit.row) == Validity.VALID
    for _ in range(int(of_sensors.GRACE_S) + 1):
        unit.second(readings(**given))
    assert thermal.validity(unit.par, unit.row) == reason


def test_an_inlet_by_the_outlet_is_as_much_cooler_as_the_coolant_takes_heat() -> None:
    unit, heat_w = Unit(), {"copper_dc20": 800.0, "inverter": 900.0}
    for _ in range(4_000):
        unit.second(readings(coolant_out=48.0, ambient=20.0, flow=8.0), 5_000.0, **heat_w)
    assert unit.row.temp_c[COOLANT_OUT] == pytest.approx(48.0, abs=0.05)
    a, b = dense_network(unit.par, 8.0, 5_000.0, unit.work.inlet_c, 20.0)
    taken_w = unit.par.coolant_j_l_k * 8.0 / 60.0 * (48.0 - unit.work.inlet_c)
    out_w = -float(unit.par.capacity_j_k @ (a @ unit.row.temp_c + b))  # by the coolant and to the air
    made_w = float(unit.par.capacity_j_k @ unit.work.heating_k_s)
    assert out_w == pytest.approx(made_w, rel=0.01)
    assert 0.6 * made_w < taken_w < made_w
    assert np.sqrt(unit.row.consider[COOLANT_OUT]) == unit.par.inlet_by_outlet_sd_k


def test_a_unit_that_may_have_driven_on_for_hours_is_as_unsure_as_what_it_was_like() -> None:
    """One sensor that reads like the coolant: parked. One that is warm: as warm as before, the rotor with it."""
    found = {}
    for winding_c in (10.0, 70.0):
        unit = Unit()
        for _ in range(30):
            unit.second(readings(coolant_in=50.0, ambient=0.0, winding=90.0))
        unit.row.temp_c[:] = [90.0, 90.0, 80.0, 75.0, 120.0, 70.0, 65.0, 52.0]
        thermal_gap.step(unit.par, unit.row, unit.work, 3 * 3_600, True)
        unit.second(readings(coolant_in=12.0, ambient=0.0))
        assert unit.row.filter_age_s < unit.par.warm_up_s
        before_c, sd_k = float(unit.row.temp_c[ROTOR]), float(np.sqrt(unit.covariance[ROTOR, ROTOR]))
        assert before_c - 1.645 * sd_k < 12.0
        assert before_c + 1.645 * sd_k > 12.0 + 120.0 - 52.0
        for _ in range(20):
            unit.second(readings(coolant_in=12.0, ambient=0.0, winding=winding_c))
        found[winding_c] = float(unit.row.temp_c[ROTOR])
    assert found[10.0] < 30.0
    assert found[70.0] > 70.0


class DenseFilter:
    """Schmidt-Kalman filter with one augmented matrix of nodes and considered errors: the book's form.

    8 nodes, 8 errors that drive them (of the coolant outlet that of its inlet), 3 offsets of sensors.
    """

    def __init__(self, unit: Unit) -> None:
        self.par = unit.par
        self.x = unit.row.temp_c.copy()
        self.lag_k = np.zeros(3)
        self.p = np.zeros((19, 19))
        self.p[:8, :8] = unit.covariance
        self.p[:8, 8:] = unit.row.cross
        self.p[8:, :8] = unit.row.cross.T
        self.p[8:, 8:] = np.diag(unit.row.consider)

    def second(
        self,
        z: Array,
        flow: float,
        speed: float,
        inlet: float,
        air: float,
        losses: dict[str, float],
        absent: str = "",
        field_doubt: float = 0.0,
    ) -> None:
        """``absent``: the input that ``flow``, ``inlet`` (then the outlet's reading) or ``air`` is assumed for."""
        par, capacity = self.par, self.par.capacity_j_k
        a, b = dense_network(par, flow, speed, inlet, air)
        per_kelvin = dense_network(par, flow, speed, inlet, air + 1.0)[1] - b
        wrong_k_s = np.zeros(8)  # by what is assumed
        if absent == "air":
            wrong_k_s = par.assumed_ambient_sd_k * per_kelvin
        elif absent == "flow":
            wrong_k_s[:COOLANT_OUT] = (par.assumed_flow_sd * a[:, COOLANT_OUT] * abs(self.x - self.x[COOLANT_OUT]))[:-1]
        elif absent == "field":
            wrong_k_s[ROTOR] = field_doubt * losses["field20"] * (1 + 0.00393 * (self.x[ROTOR] - 20)) / capacity[ROTOR]
        exchanged = np.abs(a * (self.x[None, :] - self.x[:, None])).sum(axis=1)
        exposure = (exchanged + np.abs(a.sum(axis=1) * self.x + b)) / 2  # the last: what the outside brings
        alpha = par.copper_temp_coefficient
        shares = {END_WINDING: par.end_winding_share, SLOT_WINDING: 1 - par.end_winding_share}
        heating, heat = par.iron_share * losses["iron"] + par.gear_share * losses["gear"], np.zeros(8)
        for node, share in shares.items():
            r = 1 + alpha * (self.x[node] - 20)
            dc, ac = share * losses["copper_dc20"], share * losses["copper_ac20"]
            slope = alpha * (dc - ac / r**2)
            a[node, node] += slope / capacity[node]
            heating[node] += dc * r + ac / r
            heat[node] -= slope * self.x[node]
        r = 1 + alpha * (self.x[ROTOR] - 20)
        slope = alpha * losses["field20"]
        a[ROTOR, ROTOR] += slope / capacity[ROTOR]
        heat[ROTOR] -= slope * self.x[ROTOR]
        heating[ROTOR] += losses["field20"] * r + max(losses["rotor"] - losses["field20"] * r, 0.0)
        heat = heat + heating
        exposure += heating / capacity / 2
        shares = np.array([par.consider_sd[k] or np.inf for k in range(8)])
        exposure = np.hypot(exposure, wrong_k_s / shares)
        passing = par.coolant_j_l_k * flow / 60 / capacity[COOLANT_OUT]
        exposure[COOLANT_OUT] = passing
        if absent == "inlet":  # it is as warm as leaves the outlet at its reading
            exposure[COOLANT_OUT] = 0.0
            there = np.array([*self.x[:COOLANT_OUT], inlet])
            b[COOLANT_OUT] -= a[COOLANT_OUT] @ there + b[COOLANT_OUT] + heat[COOLANT_OUT] / capacity[COOLANT_OUT]
        whole = np.zeros((17, 17))  # nodes, a constant one, the errors that drive them
        whole[:8, :8], whole[:8, 8], whole[:8, 9:] = a, b + heat / capacity, np.diag(exposure)
        step = taylor(whole)
        before = self.x
        self.x = step[:8, :8] @ before + step[:8, 8]
        f = np.eye(19)
        f[:8, :8], f[:8, 8:16] = step[:8, :8], step[:8, 9:]
        q = np.zeros((19, 19))
        wrong_k_s = par.loss_scale_sd * heating / capacity
        q[:8, :8] = np.diag(par.process_noise_k2_s + 2 * par.loss_correlation_s * wrong_k_s**2)
        q[COOLANT_OUT, COOLANT_OUT] += 0.5**2 if absent == "inlet" else 0.0
        self.p = f @ self.p @ f.T + q
        for k, node in enumerate(SENSOR_NODES):  # d(lag)/dt = dT/dt - lag / tau, implicit
            self.lag_k[k] = (self.lag_k[k] + self.x[node] - before[node]) / (1 + 1 / par.lag_s[k])
        for k, node in enumerate(SENSOR_NODES):
            if np.isfinite(z[k]):
                self.update(k, node, z[k] + self.lag_k[k], par.noise_sd_k[k] ** 2 + (0.5 * self.lag_k[k]) ** 2)

    def update(self, k: int, node: int, z: float, r: float) -> None:
        h = np.zeros(19)
        h[node] = h[16 + k] = 1.0
        s = h @ self.p @ h + r
        gain = self.p @ h / s
        gain[8:] = 0.0  # considered, not estimated
        innovation = z - self.x[node]
        assert innovation**2 / s < thermal.GATE, "the comparison is meant to stay inside the gate"
        self.x = self.x + gain[:8] * innovation
        keep = np.eye(19) - np.outer(gain, h)
        self.p = keep @ self.p @ keep.T + r * np.outer(gain, gain)


def taylor(matrix: Array) -> Array:
    """exp(matrix) by 60 terms: for norms of a few units exact to round-off."""
    term, total = np.eye(len(matrix)), np.eye(len(matrix))
    for k in range(1, 60):
        term = term @ matrix / k
        total = total + term
    return total


@pytest.mark.parametrize(
    ("missing", "absent"),
    [
        *[((), ""), ((0,), ""), ((1,), ""), ((2,), ""), ((0, 1, 2), "")],
        *[((), "air"), ((), "flow"), ((), "field"), ((), "inlet"), ((0, 2), "inlet")],
    ],
)
def test_block_filter_is_the_dense_schmidt_filter(missing: tuple[int, ...], absent: str) -> None:
    unit = Unit(hot_spot_k_w=0.0)
    given = {"coolant_in": 45.0, "ambient": 10.0, "flow": 8.0}
    given.pop({"air": "ambient", "flow": "flow"}.get(absent, ""), None)
    unit.second(readings(**given))
    if absent == "field":
        unit.row.field_age_s, unit.row.field_doubt = 1_000.0, 0.25
    outlet_c = 45.0
    if absent == "inlet":  # gone for so long
        unit.row.reading_age_s[INLET] = np.inf
        unit.row.inlet_source = thermal.INLET_BY_OUTLET
    dense = DenseFilter(unit)
    rng = np.random.default_rng(5)
    for second in range(240):
        flow, speed, inlet = 8.0 + np.sin(second / 9), 4_000.0 + 3_000.0 * np.sin(second / 20), 45.0 + second / 100
        if absent == "flow":
            flow = unit.par.assumed_flow_share * unit.par.nominal_flow_l_min
        losses = {
            "copper_dc20": 700.0 + 500.0 * np.sin(second / 13),
            "copper_ac20": 60.0,
            "iron": 250.0,
            "gear": 400.0,
            "field20": 300.0,
            "rotor": 420.0,
        }
        factor = unit.row.field_factor
        losses["rotor"] = 300.0 * factor + 40.0
        z = unit.row.temp_c[list(SENSOR_NODES)] - unit.row.sensor_lag_k + 0.6 * rng.standard_normal(3)
        z[rng.random(3) < 0.2] = np.nan  # drop-outs
        z[list(missing)] = np.nan
        if absent == "inlet" and second == 0:
            z[1] = 45.3  # or there would be no outlet either
        outlet_c = z[1] if np.isfinite(z[1]) else outlet_c
        sent = {"inlet": inlet, "air": 10.0, "flow": flow} | {absent: np.nan}
        air_c = unit.par.assumed_ambient_temp_c if absent == "air" else 10.0
        unit.second(np.array([*z, sent["inlet"], sent["air"], sent["flow"]]), speed, **losses)
        dense.second(z, flow, speed, outlet_c if absent == "inlet" else inlet, air_c, losses, absent, 0.25)
    np.testing.assert_allclose(unit.row.temp_c, dense.x, rtol=0, atol=2e-6)
    np.testing.assert_allclose(unit.covariance, dense.p[:8, :8], rtol=SINGLE, atol=1e-6)
    np.testing.assert_allclose(unit.row.cross, dense.p[:8, 8:], rtol=SINGLE, atol=1e-6)
    np.testing.assert_array_equal(unit.covariance, unit.covariance.T)
    assert np.all(np.linalg.eigvalsh(dense.p) > 0.0)


def test_sensor_offset_is_not_averaged_away() -> None:
    unit = Unit()
    for _ in range(3_000):
        unit.second(readings(winding=60.0, coolant_in=60.0, ambient=60.0, flow=8.0))
    sd_k = float(np.sqrt(unit.covariance[END_WINDING, END_WINDING]))
    assert 0.3 < sd_k < unit.par.consider_sd[SENSOR_ERROR]  # thousands of readings, one offset


def test_missing_coolant_temperature_costs_certainty_on_every_node() -> None:
    known, guessed = Unit(), Unit()
    for second in range(1_500):
        known.second(readings(coolant_in=35.0, ambient=15.0, flow=8.0))
        guessed.second(readings(coolant_in=35.0 if second < 100 else np.nan, ambient=15.0, flow=8.0))
    for node in (END_WINDING, OIL, COOLANT_OUT):
        assert guessed.covariance[node, node] > 4.0 * known.covariance[node, node]


def test_single_outlier_is_ignored() -> None:
    unit, quiet = Unit(), Unit()
    for second in range(100):
        quiet.second(readings(winding=50.0 if second != 60 else np.nan, coolant_in=50.0, ambient=50.0, flow=8.0))
        unit.second(readings(winding=50.0 if second != 60 else 140.0, coolant_in=50.0, ambient=50.0, flow=8.0))
    np.testing.assert_array_equal(unit.row.temp_c, quiet.row.temp_c)
    assert unit.row.reinitialised[0] == 0


def test_sensor_that_stays_away_is_believed_after_ten_and_then_suspect() -> None:
    unit = Unit()
    for _ in range(400):
        unit.second(readings(winding=50.0, coolant_in=50.0, ambient=50.0, flow=8.0))
    for _ in range(10):
        unit.second(readings(winding=90.0, coolant_in=50.0, ambient=50.0, flow=8.0))
    assert unit.row.rejected[0] == 10
    assert unit.row.temp_c[END_WINDING] == pytest.approx(50.0, abs=0.1)
    unit.second(readings(winding=90.0, coolant_in=50.0, ambient=50.0, flow=8.0))
    assert unit.row.reinitialised[0] == 1
    assert unit.row.temp_c[END_WINDING] > 80.0
    assert unit.row.suspect_s == thermal.TRUST_AGAIN_S
    for _ in range(32):
        unit.second(readings(coolant_in=50.0, ambient=50.0, flow=8.0))
    assert unit.row.suspect_s == 0.0  # the sensor is gone altogether
    assert thermal.validity(unit.par, unit.row) == Validity.NO_WINDING_SENSOR


def test_filter_that_goes_non_finite_starts_again_and_says_so() -> None:
    unit = Unit()
    for _ in range(50):
        unit.second(readings(winding=50.0, coolant_in=50.0, ambient=50.0, flow=8.0))
    unit.row.temp_c[3] = np.nan
    unit.second(readings(winding=50.0, coolant_in=50.0, ambient=50.0, flow=8.0))
    assert np.all(np.isfinite(unit.row.temp_c))
    assert np.all(np.isfinite(unit.covariance))
    assert unit.resets == 1
    assert thermal.validity(unit.par, unit.row) == Validity.FILTER_RESET


def test_readings_are_means_of_their_second() -> None:
    unit = Unit()
    unit.row.reading_sum[:] = 90.0
    unit.row.reading_count[:] = 3.0
    thermal.step(unit.par, unit.row, unit.work)
    np.testing.assert_array_equal(unit.row.reading, np.full(N_SENSORS, 30.0))
    assert INLET < AIR < FLOW < N_SENSORS
