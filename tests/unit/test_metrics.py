"""What a worker counts for Prometheus."""

from streams.metrics import CountingSink, Metrics
from tests import synthetic


def test_parts_that_began_anew_are_counted_by_states_and_once_only() -> None:
    metrics = Metrics()
    sink = CountingSink(metrics)
    states, trips = synthetic.points(4), synthetic.points(2, measurement="edu_trip")
    states.records["resets"] = 0, 2, 0, 1
    trips.records["resets"] = 0, 3  # the same ones, told once more of the whole trip
    sink.write(synthetic.output(states, trips))
    assert metrics.registry.get_sample_value("edu_twin_resets_total") == 3.0
    states.records["resets"] = 0, 2, 0, 0
    sink.write(synthetic.output(states, partition=1))
    assert metrics.registry.get_sample_value("edu_twin_resets_total") == 5.0
