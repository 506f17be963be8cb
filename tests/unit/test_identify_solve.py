"""Least squares with priors: against the textbook's answer for a linear problem, and honest about what is not known."""

import numpy as np
import pytest

from schemas.variant import Quantity
from twin.identify import Free, free, solve, with_values, write
from twin.identify.free import DEFAULT_SD, quantities
from twin.identify.power import PATTERNS as POWER
from twin.identify.solve import IDENTIFIED, LEAST_SCALE, Errors
from twin.variants import load
from twin.variants.parameters import parameters


def number(key: str, value: float = 2.0, sd: float = 0.1) -> Free:
    return Free(key, value, "1", sd, 0.0, float("inf"))


def test_posterior_of_a_linear_problem_is_that_of_the_normal_equations() -> None:
    design = np.array([[3.0, 1.0], [40.0, -20.0], [-6.0, 30.0]])
    data = np.array([0.4, 5.0, 1.0])

    def residuals(values: dict[str, float]) -> np.ndarray:
        return design @ np.log([values["a"] / 2.0, values["b"] / 5.0]) - data

    numbers = [number("a", 2.0, 0.1), number("b", 5.0, 0.2)]
    fit = solve(numbers, residuals)
    precision = design.T @ design + np.diag([1 / 0.1**2, 1 / 0.2**2])
    expected = np.linalg.solve(precision, design.T @ data)
    np.testing.assert_allclose(np.log(fit.values / [2.0, 5.0]), expected, rtol=1e-5)
    np.testing.assert_allclose(fit.posterior_sd, np.sqrt(np.diag(np.linalg.inv(precision))), rtol=1e-6)
    assert fit.identified.all()
    assert fit.converged
    assert fit.cost_after < fit.cost_before


def test_numbers_the_data_hardly_touch_keep_close_to_their_prior() -> None:
    def residuals(values: dict[str, float]) -> np.ndarray:
        return np.array([100.0 * np.log(values["known"] / 2.2), 3.0 * np.log(values["faint"] / 1.0), 1.0])

    fit = solve([number("known"), number("faint"), number("mute")], residuals)
    assert fit.identified.tolist() == [True, False, False]
    assert fit.touched.tolist() == [True, True, False]
    assert fit.values[0] == pytest.approx(2.2, rel=0.002)
    assert np.log(fit.values[1] / 2.0) == pytest.approx(np.log(0.5) * 9.0 / 109.0, rel=1e-4)  # that of least squares
    assert fit.values[2] == 2.0
    assert fit.by_key().keys() == {"known", "faint"}
    assert fit.posterior_sd[1] > IDENTIFIED * 0.1
    assert fit.posterior_sd[2] == pytest.approx(0.1)


def test_only_the_product_of_two_is_seen_and_neither_is_claimed() -> None:
    def residuals(values: dict[str, float]) -> np.ndarray:
        return np.array([1e3 * np.log(values["a"] * values["b"] / 4.4)])

    assert not solve([number("a"), number("b")], residuals).identified.any()


def test_the_scale_of_the_residuals_is_found_and_the_posterior_widens_with_it() -> None:
    random = np.random.default_rng(3)
    design = random.normal(size=(400, 2)) * 20.0

    def residuals(values: dict[str, float]) -> np.ndarray:
        return 3.0 * noise + design @ np.log([values["a"] / 2.1, values["b"] / 1.9])

    noise = random.normal(size=400)
    numbers = [number("a"), number("b")]
    known, found = solve(numbers, residuals), solve(numbers, residuals, errors=Errors.of_one_kind(400))
    assert known.scales.tolist() == [1.0]
    assert found.scales[0] == pytest.approx(3.0, rel=0.1)
    np.testing.assert_allclose(found.posterior_sd, found.scales * known.posterior_sd, rtol=0.01)
    half = solve(numbers, lambda values: residuals(values) / 2.0**0.5, errors=Errors.of_one_kind(400, 0.5))
    assert half.scales == pytest.approx(found.scales, rel=0.02)


def test_each_kind_of_residual_has_its_own_scale() -> None:
    random = np.random.default_rng(5)
    kind = np.repeat([0, 1], 300)
    noise = random.normal(size=600) * np.array([0.5, 4.0])[kind]

    def residuals(values: dict[str, float]) -> np.ndarray:
        return noise + 30.0 * np.log(values["a"] / 2.1)

    fit = solve([number("a")], residuals, errors=Errors(kind))
    assert fit.scales == pytest.approx([0.5, 4.0], rel=0.1)
    assert fit.posterior_sd[0] == pytest.approx(1.0 / np.sqrt(300 * (60.0**2 + 7.5**2)), rel=0.1)


def test_a_fit_without_errors_is_not_believed_beyond_the_sensors() -> None:
    fit = solve(
        [number("a")], lambda values: np.array([1e3 * np.log(values["a"] / 2.2)] * 9), errors=Errors.of_one_kind(9)
    )
    assert fit.scales[0] == LEAST_SCALE
    assert fit.values[0] == pytest.approx(2.2)


def test_bounds_hold() -> None:
    within = Free("a", 2.0, "1", 0.5, 1.8, 2.1)
    fit = solve([within], lambda values: np.array([1e3 * np.log(values["a"] / 3.0)]))
    assert fit.values[0] == pytest.approx(2.1)


def test_a_number_at_its_bound_is_not_identified_and_says_so() -> None:
    def residuals(values: dict[str, float]) -> np.ndarray:
        return np.array([1e3 * np.log(values["a"] / 3.0), 1e3 * np.log(values["b"] / 2.0), 1e3 * values["c"] + 5.0])

    numbers = [
        Free("a", 2.0, "1", 0.5, 1.8, 2.1),
        Free("b", 1.9, "1", 0.5, 1.8, 2.1),
        Free("c", 0.0, "s", 1.0, 0.0, 2.0, 0.2),  # begins at its bound, and the data want less
    ]
    fit = solve(numbers, residuals)
    assert fit.at_bound.tolist() == [True, False, True]
    assert fit.identified.tolist() == [False, True, False]
    assert fit.values == pytest.approx([2.1, 2.0, 0.0], rel=1e-4, abs=0.0)
    assert write("own", "base", "Own", fit, []).count("not identified, at its bound, on") == 2


def test_a_number_with_a_scale_leaves_zero_and_changes_its_sign() -> None:
    truth = {"delay": 0.16, "offset": 1.5}

    def residuals(values: dict[str, float]) -> np.ndarray:
        return np.array([1e4 * (values[key] - true) for key, true in truth.items()])

    numbers = [Free("delay", 0.0, "s", 1.0, 0.0, 2.0, 0.2), Free("offset", -0.5, "Nm", 0.5, -20.0, 20.0, 1.0)]
    fit = solve(numbers, residuals)
    assert fit.by_key() == pytest.approx(truth, rel=1e-4)
    assert fit.identified.all()
    assert fit.converged


def test_residuals_without_a_number_are_refused() -> None:
    with pytest.raises(ValueError, match="without a number"):
        solve([number("a")], lambda _: np.array([np.nan]))
    with pytest.raises(ValueError, match="nothing to fit"):
        solve([], lambda _: np.array([1.0]))


def test_free_numbers_are_found_by_pattern_with_their_range_and_prior() -> None:
    file = load("lea-pmsm").file
    found = {each.key: each for each in free(file, ("thermal.capacity.*", "thermal.conductance.*"))}
    rotor = found["thermal.capacity.rotor"]
    assert (rotor.value, rotor.unit, rotor.sd) == (10666.0, "J/K", DEFAULT_SD)
    assert (rotor.low, rotor.reach()) == (100.0, pytest.approx((-0.5, 0.5)))  # plausible; five prior SDs
    slope = found["thermal.conductance.rotor_coolant.speed_slope"]
    assert slope.at(slope.reach()[0]) < 0.0 > slope.at(slope.reach()[1])  # keeps its sign
    assert not any("flow_exponent" in key and each.value == 0.0 for key, each in found.items())
    assert free(file, ("thermal.capacity.rotor",), sd=0.3)[0].sd == 0.3


def test_what_no_file_knows_yet_is_free_from_zero_on_and_an_accuracy_never() -> None:
    file = load("bmw-gen5-rear").file
    found = {each.key: each for each in free(file, (*POWER, "sensors.*"))}
    for key in ("torque_delay", "dc_window"):
        number = found[f"telemetry.{key}"]
        assert (number.value, number.sd * number.scale, number.low) == (0.0, 0.2, 0.0)
    assert found["sensors.torque_offset"].reach() == (-5.0, 5.0)
    assert {"sensors.auxiliary_power", "sensors.auxiliary_power_moving", "sensors.torque_dead_zone"} <= found.keys()
    assert not any(key.endswith("_sd") for key in found)
    assert all(each.value or each.scale for each in found.values())


def test_a_written_number_is_read_with_the_sd_it_was_found_with() -> None:
    for key, value, sd in (
        ("sensors.torque_offset", -0.4, 0.3),
        ("telemetry.torque_delay", 0.01, 0.2),
        ("telemetry.torque_delay", 0.2, 0.02),
        ("telemetry.torque_delay", 0.0, 0.05),
    ):
        file = load("bmw-gen5-rear").file
        before = free(file, (key,))[0]
        share = before.share(value, sd / before.scale)
        table, name = key.split(".")
        part = getattr(file, table)
        quantity = getattr(part, name).model_copy(update={"value": value, "sd": share})
        after = free(file.model_copy(update={table: part.model_copy(update={name: quantity})}), (key,))[0]
        assert after.sd * (after.scale or value) == pytest.approx(sd), (key, value)


def test_a_number_can_be_held_or_be_known_better_by_its_file() -> None:
    file = with_values(load("lea-pmsm").file, {})
    capacity = file.thermal.capacity
    held = capacity.model_copy(update={"yoke": capacity.yoke.model_copy(update={"sd": 0.0})})
    sure = held.model_copy(update={"rotor": capacity.rotor.model_copy(update={"sd": 0.02})})
    file = file.model_copy(update={"thermal": file.thermal.model_copy(update={"capacity": sure})})
    found = {each.key: each.sd for each in free(file, ("thermal.capacity.*",), sd=0.3)}
    assert "thermal.capacity.yoke" not in found
    assert (found["thermal.capacity.rotor"], found["thermal.capacity.teeth"]) == (0.02, 0.3)


def test_changed_numbers_reach_the_kernels_and_leave_the_file_alone() -> None:
    variant = load("lea-pmsm")
    changes = {"thermal.capacity.rotor": 9_000.0, "thermal.conductance.rotor_teeth.resistance": 0.5}
    file = with_values(variant.file, changes)
    made = {key: quantity.value for key, quantity, _ in quantities(file)}
    assert changes.items() <= made.items()
    record = parameters(file, operating=variant.parameters["map"][0])
    assert record["capacity_j_k"][0, 4] == 9_000.0
    assert variant.file.thermal.capacity.rotor.value == 10_666.0
    assert isinstance(file.thermal.capacity.rotor, Quantity)
    np.testing.assert_array_equal(record["map"], variant.parameters["map"])
