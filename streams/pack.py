"""From frames to the arrays the kernels work on: one compiled pass over the joined blocks of many frames."""

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.signals import INT16_MISSING, LOGARITHMIC, SIGNALS
from streams.frames import Frame
from twin.jit import kernel
from twin.layout import FRAME, MEAN_SAMPLED, NOT_READY, SAMPLE

N_SIGNALS = len(SIGNALS)
TARGET_SAMPLES = 8_192
"""Samples packed at a time (1.7 MB): few enough for the cache of a core, many enough to forget the cost of a call."""

SCALE: NDArray[np.float64] = np.array([np.nan if s.name in LOGARITHMIC else s.scale for s in SIGNALS])
"""Value of one int16 step; NaN: the form carries a logarithm."""
LOG_STEP: float = next(s.scale for s in SIGNALS if s.name in LOGARITHMIC)
POWER = np.array([10.0 ** (step * LOG_STEP) for step in range(-(1 << 15), 1 << 15)])
"""Value of every int16 of a logarithmic signal, from -32768 on."""

ROW_INDEX, IDENTITY, GAPS, FLAGS, COUNT, START, INTERVAL, LAYOUT, INT16, BLOCK, OFFSETS, WIDTH = range(12)


@kernel
def _unpack(
    table: NDArray[np.int64],
    odometer_km: NDArray[np.float64],
    sources: NDArray[np.int64],
    offsets_us: NDArray[np.int64],
    floats: NDArray[np.float32],
    integers: NDArray[np.int16],
    scale: NDArray[np.float64],
    power: NDArray[np.float64],
    frames: NDArray[Any],
    times_us: NDArray[np.int64],
    samples: NDArray[np.float64],
) -> int:
    """Fill frames, times and samples from a table of frames; number of samples written."""
    n = 0
    for f in range(table.shape[0]):
        row = table[f]
        frame = frames[f]
        frame["row"] = row[ROW_INDEX]
        frame["first"] = n
        frame["count"] = row[COUNT]
        frame["identity"] = np.uint64(row[IDENTITY])
        frame["gaps"] = row[GAPS]
        frame["odometer_km"] = odometer_km[f]
        frame["flags"] = row[FLAGS]
        source = sources[row[LAYOUT]]
        width = row[WIDTH]
        place = row[BLOCK]
        for i in range(row[COUNT]):
            if row[INTERVAL] > 0:
                times_us[n] = row[START] + i * row[INTERVAL]
            else:
                times_us[n] = row[START] + offsets_us[row[OFFSETS] + i]
            if row[INT16] == 0:
                for c in range(N_SIGNALS):
                    samples[n, c] = floats[place + source[c]] if source[c] >= 0 else np.nan
            else:
                for c in range(N_SIGNALS):
                    step = integers[place + source[c]] if source[c] >= 0 else np.int16(INT16_MISSING)
                    if step == INT16_MISSING:
                        samples[n, c] = np.nan
                    elif scale[c] == scale[c]:
                        samples[n, c] = step * scale[c]
                    else:
                        samples[n, c] = power[np.int64(step) + 32_768]
            place += width
            n += 1
    return n


class Packer:
    """Packs frames of one variant into buffers that are used again: what ``pack`` yields is valid until the next."""

    def __init__(self) -> None:
        self._frames = np.zeros(0, FRAME)
        self._times_us = np.zeros(0, np.int64)
        self._samples = np.zeros(0, SAMPLE)

    def pack(
        self, frames: Sequence[Frame], rows: Sequence[int], mark: int
    ) -> Iterator[tuple[int, NDArray[Any], NDArray[np.int64], NDArray[Any]]]:
        """Yields (index of the first frame, FRAME, times_us, SAMPLE) of about TARGET_SAMPLES samples at a time.

        ``rows``: index of the unit's row for each frame. ``mark``: 64 bits mixed into the identity's hash, so that
        whatever it stands for (the variant's parameters) starts a new segment when it changes.
        """
        first, samples = 0, 0
        for index, frame in enumerate(frames):
            samples += frame.count
            if samples >= TARGET_SAMPLES:
                yield first, *self._fill(frames[first : index + 1], rows[first : index + 1], samples, mark)
                first, samples = index + 1, 0
        if samples:
            yield first, *self._fill(frames[first:], rows[first:], samples, mark)

    def _fill(
        self, frames: Sequence[Frame], rows: Sequence[int], samples: int, mark: int
    ) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[Any]]:
        self._reserve(len(frames), samples)
        layouts: dict[bytes, int] = {}
        sources: list[NDArray[np.int64]] = []
        offsets: list[NDArray[np.int64]] = []
        blocks: tuple[list[bytes], list[bytes]] = ([], [])
        places = [0, 0]
        n_offsets = 0
        table = array("q")
        for frame, row in zip(frames, rows, strict=True):
            columns = frame.columns
            layout = layouts.get(columns.ids)
            if layout is None:
                layout = layouts[columns.ids] = len(sources)
                sources.append(columns.source)
            int16 = frame.int16
            hashed = frame.identity.hash ^ mark
            table.extend(
                (
                    row,
                    hashed if hashed < 1 << 63 else hashed - (1 << 64),
                    frame.gaps,
                    (MEAN_SAMPLED if frame.mean else 0) | (0 if frame.ready else NOT_READY),
                    frame.count,
                    frame.start_us,
                    frame.interval_us,
                    layout,
                    int16,
                    places[int16],
                    n_offsets,
                    columns.width,
                )
            )
            blocks[int16].append(frame.block)
            places[int16] += frame.count * columns.width
            if frame.offsets_us is not None:
                offsets.append(frame.offsets_us)
                n_offsets += frame.count
        _unpack(
            np.frombuffer(table, np.int64).reshape(len(frames), 12),
            np.array([frame.odometer_km for frame in frames]),
            np.stack(sources),
            np.concatenate(offsets) if offsets else np.zeros(0, np.int64),
            np.frombuffer(b"".join(blocks[0]), "<f4"),
            np.frombuffer(b"".join(blocks[1]), "<i2"),
            SCALE,
            POWER,
            self._frames,
            self._times_us,
            self._samples.view(np.float64).reshape(-1, N_SIGNALS),
        )
        return self._frames[: len(frames)], self._times_us[:samples], self._samples[:samples]

    def _reserve(self, frames: int, samples: int) -> None:
        if frames > len(self._frames):
            self._frames = np.zeros(2 * frames, FRAME)
        if samples > len(self._samples):
            size = max(samples, TARGET_SAMPLES + TARGET_SAMPLES // 4)
            self._times_us = np.zeros(size, np.int64)
            self._samples = np.zeros(size, SAMPLE)
