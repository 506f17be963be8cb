#!/bin/sh
# Starts InfluxDB 2 so that a crash in the middle of a write does not cost the writes that follow it:
#   influxdb-start.sh ENGINE_FOLDER COMMAND...
#
# After a crash influxd 2.7.12 cuts the torn last record off a write-ahead log, but has already opened that file for appending
# at its old end (tsm1: WAL.Open comes before CacheLoader.Load). What it then acknowledges stands behind a gap, and the next
# start, orderly or not, cuts it off there. An empty file after the last one makes it begin a new file instead.
set -eu
engine=$1
shift
for folder in "$engine"/wal/*/*/*/; do
    last=
    for file in "$folder"_*.wal; do last=$file; done # in the order of their numbers, which the server gives five digits
    if [ -s "$last" ]; then
        number=${last##*/_}
        : >"${folder}_$(printf %05d "$(expr "${number%.wal}" + 1)").wal"
    fi
done
exec "$@"
