"""Why a temperature is what it is: the second that made it, taken apart. For people; the stream does not need it.

Nothing of the filter is repeated here: the second is closed again by the same kernels, once as it was, once with no
sensor and once with each sensor alone, and the results are compared.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.layout import CORRECTING, NODES, ROTOR, SENSORS
from twin.twin import Records, Results, Rows, Twin, empty_frames

Array = NDArray[np.float64]
NEVER_US = 1 << 62


@dataclass(frozen=True, slots=True)
class Step:
    """The sample that closes a second, and the unit's records just before it.

    ``row``: (1,) ROW; ``day``: (1,) DAY; ``sample``: (1,) SAMPLE; ``flags``: of its FRAME.
    """

    row: Records
    day: Records
    sample: Records
    time_us: int
    flags: int

    def repeat(self, twin: Twin, without: tuple[str, ...] = ()) -> Records:
        """(1,) ROW after the sample, as if the sensors named in ``without`` had not been read in this second."""
        rows, _ = self._run(twin, without, NEVER_US)  # no point is put out: its sums stay readable
        return rows.copy(0)[0]

    def publish(self, twin: Twin) -> np.void:
        """The STATE at the end of the second, also where the stream put none out."""
        rows, results = self._run(twin, (), 0)
        states = results.states if len(results.states) else twin.tick(rows, NEVER_US).states
        point: np.void = states[-1]
        return point

    def _run(self, twin: Twin, without: tuple[str, ...], emitted_us: int) -> tuple[Rows, Results]:
        row, sample = self.row.copy(), self.sample.copy()
        row["emitted_us"] = emitted_us
        for name in without:
            place = SENSORS.index(name)
            row["reading_sum"][0, place] = row["reading_count"][0, place] = 0.0
            sample[f"{name}_temp_c"] = np.nan
        rows, frame = Rows(1), empty_frames(1)
        rows.restore(rows.add(), row, self.day)
        frame["count"], frame["identity"], frame["flags"] = 1, row["identity"], self.flags
        return rows, twin.step(rows, frame, np.array([self.time_us]), sample)


@dataclass(frozen=True, slots=True)
class Correction:
    """What one sensor's reading did: ``nodes_k`` (N_NODES,) K by this sensor alone; ``used`` False: gated."""

    sensor: str
    reading_c: float
    nis: float
    used: bool
    nodes_k: Array


@dataclass(frozen=True, slots=True)
class Explanation:
    """One closed second. Arrays are (N_NODES,) in the order of ``twin.layout.NODES``.

    The balance of a node: ``stored_w`` = ``heat_w`` + ``from_nodes_w`` (sum over the row) + ``from_outside_w``, at the
    temperatures the second began with. ``running`` False: the filter (re)started in this second or the unit was silent
    until it, nothing was balanced. ``rotor_parts``: what the published rotor temperature is made of.
    """

    closed_us: int
    running: bool
    before_c: Array
    predicted_c: Array
    after_c: Array
    published_c: Array
    published_sd_k: Array
    heat_w: Array
    from_nodes_w: Array  # (N_NODES, N_NODES): into the line's node from the column's
    from_outside_w: Array
    stored_w: Array
    rotor_parts: dict[str, float]
    losses_w: dict[str, float]
    corrections: tuple[Correction, ...]


LOSSES = ("copper_w", "iron_w", "rotor_w", "inverter_w", "gear_w")


def explain(twin: Twin, step: Step) -> Explanation:
    """Take apart the second that ``step`` closes."""
    predicted = step.repeat(twin, CORRECTING)[0]
    work = twin.work
    losses_w = {name: float(work[name]) for name in LOSSES}
    capacity = twin.variant.parameters["capacity_j_k"][0]
    before_c = step.row["temp_c"][0].copy()
    rate = work["system"] @ before_c + work["forcing"]
    from_nodes_w = capacity[:, None] * work["system"] * (before_c[None, :] - before_c[:, None])
    heat_w = capacity * work["heating_k_s"]
    after, published = step.repeat(twin)[0], step.publish(twin)
    return Explanation(
        closed_us=int(after["closed_us"]),
        running=_running(twin, step, after),
        before_c=before_c,
        predicted_c=predicted["temp_c"].copy(),
        after_c=after["temp_c"].copy(),
        published_c=np.array([float(published[f"{node}_temp_c"]) for node in NODES]),
        published_sd_k=np.array([float(published[f"{node}_temp_sd_k"]) for node in NODES]),
        heat_w=heat_w,
        from_nodes_w=from_nodes_w,
        from_outside_w=capacity * rate - heat_w - from_nodes_w.sum(axis=1),
        stored_w=capacity * rate,
        rotor_parts={
            "node_c": float(after["temp_c"][ROTOR]),
            "winding_above_it_k": float(after["rotor_excess_k"]),
            "by_thermometer_k": float(after["rotor_error_k"]),
        },
        losses_w=losses_w,
        corrections=tuple(_corrections(twin, step, predicted)),
    )


def _running(twin: Twin, step: Step, after: np.void) -> bool:
    row = step.row[0]
    silent = step.time_us - int(row["time_us"]) > int(twin.variant.parameters["hold_limit_us"][0])
    return bool(row["ready"]) and not silent and int(after["resets"]) == int(row["resets"])


def _corrections(twin: Twin, step: Step, predicted: np.void) -> list[Correction]:
    found = []
    for place, name in enumerate(CORRECTING):
        alone = step.repeat(twin, tuple(other for other in CORRECTING if other != name))[0]
        if alone["reading_age_s"][place] != 0.0:
            continue  # not read in this second
        count = alone["nis_count"][place] - step.row["nis_count"][0, place]
        found.append(
            Correction(
                sensor=name,
                reading_c=float(alone["reading"][place]),
                nis=float(alone["nis_sum"][place] - step.row["nis_sum"][0, place]) if count else np.nan,
                used=int(alone["rejected"][place]) == 0,
                nodes_k=alone["temp_c"] - predicted["temp_c"],
            )
        )
    return found
