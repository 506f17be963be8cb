"""Bytes in, results out: decode, order, pack, twin, sinks, checkpoint; the Faust worker and the command line."""
