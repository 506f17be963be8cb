"""One InfluxDB 2 server on loopback, built from its Go module."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from importlib.resources import as_file, files
from pathlib import Path

from deploy.local import cache
from deploy.local.process import Server, free_port

VERSION = "2.7.12"
CACHE_NAME = f"influxd-{VERSION}"
BUILD_TOOLS = ("go", "cargo", "gcc", "pkg-config")
SERVER_PACKAGE = "github.com/influxdata/influxdb/v2/cmd/influxd"
PKG_CONFIG_PACKAGE = "github.com/influxdata/pkg-config"
TOKEN = "edu-twin-local"  # noqa: S105  (a loopback server for tests)
ORG = "edu"
BUCKET = "edu_local"


def build() -> Path:
    """The cached server; compiled the first time (about 10 minutes on 2 cores, at low priority)."""
    return cache.entry(CACHE_NAME, _compile)


def obstacle(*, build_missing: bool) -> str:
    """Why no server can run here, or nothing; compiles it when it may."""
    if cache.is_cached(CACHE_NAME):
        return ""
    if not build_missing:
        return f"InfluxDB {VERSION} is not in the cache: python -m deploy.local build"
    if missing := cache.missing_tools(*BUILD_TOOLS):
        return f"compiling InfluxDB needs {missing}"
    build()
    return ""


class InfluxDB(Server):
    """A server that is set up: `org` with one `bucket`, and `token`, which may do everything at `url`."""

    name = "influxdb"
    token = TOKEN
    org = ORG
    bucket = BUCKET

    def __init__(self, folder: Path | None = None, *, cpus: set[int] | None = None, detached: bool = False) -> None:
        super().__init__(folder, cpus=cpus, detached=detached)
        self._port = free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def _prepare(self) -> list[str]:
        options = {
            "http-bind-address": f"127.0.0.1:{self._port}",
            "bolt-path": self.folder / "influxd.bolt",
            "sqlite-path": self.folder / "influxd.sqlite",
            "engine-path": self.folder / "engine",
            "log-level": "warn",
        }
        flags = [f"--{name}={value}" for name, value in options.items()]
        start = str(files("deploy").joinpath("influxdb-start.sh"))
        server = [str(build() / "influxd"), "run", "--reporting-disabled", "--ui-disabled", *flags]
        return ["sh", start, str(self.folder / "engine"), *server]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=1) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False

    def _after_start(self) -> None:
        with urllib.request.urlopen(f"{self.url}/api/v2/setup", timeout=10) as answer:  # noqa: S310
            if not json.load(answer)["allowed"]:  # set up in an earlier start
                return
        user = {"username": "edu", "password": TOKEN, "token": TOKEN, "org": ORG, "bucket": BUCKET}
        request = urllib.request.Request(f"{self.url}/api/v2/setup", json.dumps(user).encode(), method="POST")  # noqa: S310
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310


def _compile(folder: Path) -> None:
    print(f"building InfluxDB {VERSION}: about 10 minutes, once", file=sys.stderr, flush=True)
    module = folder / "module"
    with as_file(files("deploy.local").joinpath("influxd")) as pinned:
        shutil.copytree(pinned, module)
    # The Rust part denies warnings that only newer compilers know, and names a compiler that is rarely installed.
    lenient = module / "rustc-lenient"
    lenient.write_text('#!/bin/sh\nexec "$@" --cap-lints=allow\n')
    lenient.chmod(0o755)
    tool = module / "pkg-config"
    environment = {**os.environ, "RUSTUP_TOOLCHAIN": "stable", "RUSTC_WORKSPACE_WRAPPER": str(lenient)}
    environment["GOFLAGS"] = "-buildvcs=false"
    go_build = ["nice", "-n", "10", "go", "build", "-trimpath"]
    subprocess.run([*go_build, "-o", str(tool), PKG_CONFIG_PACKAGE], check=True, cwd=module, env=environment)
    environment["PKG_CONFIG"] = str(tool)
    tags = ["-tags", "sqlite_foreign_keys,sqlite_json"]
    version = ["-ldflags", f"-s -w -X main.version=v{VERSION}"]
    server = ["-o", str(folder / "influxd"), SERVER_PACKAGE]
    subprocess.run([*go_build, *tags, *version, *server], check=True, cwd=module, env=environment)
    shutil.rmtree(module)
