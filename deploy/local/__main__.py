"""`python -m deploy.local build | up --dir DIR | down --dir DIR`."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from deploy.local import stack


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description="Kafka and InfluxDB without Docker.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="fetch Kafka and compile InfluxDB into the cache")
    for name, text in (("up", "start both in the background"), ("down", "end both")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--dir", type=Path, required=True, help="folder of data, logs and stack.json")
    arguments = parser.parse_args()
    if arguments.command == "build":
        reason = stack.obstacle(build_missing=True)
        print(reason or "both servers are in the cache", file=sys.stderr)
        return bool(reason)
    if arguments.command == "up":
        print(json.dumps(asdict(stack.up(arguments.dir)), indent=2))
    else:
        stack.down(arguments.dir)
    return 0


if __name__ == "__main__":
    sys.exit(main())
