# Everything runs in .venv, made from the locked set on first use.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
STAMP := .venv/.installed
PACKAGES := schemas twin streams grafana deploy

.PHONY: setup demo check test benchmarks lock generate clean

setup: $(STAMP)

$(STAMP): constraints.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "needs Python 3.11, 3.12 or 3.13 with the venv module (Debian: python3-venv)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

demo: setup
	$(BIN)/edu-twin demo $(ARGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -n 2 --dist loadfile tests/unit tests/property tests/golden

# With servers required, they are built before the tests: that takes longer than a test may.
# Integration tests mostly wait: three at a time, each process with servers of its own.
test: check
	@test "$(EDU_TWIN_REQUIRE_STACK)" != 1 || $(BIN)/python -m deploy.local build
	$(BIN)/pytest -q -n 3 --dist loadfile --no-loadscope-reorder tests/integration

# Short forms, with real servers; each is a command of its own: python -m tests.benchmarks.NAME
benchmarks: setup
	$(BIN)/python -m deploy.local build
	$(BIN)/pytest -q -s tests/benchmarks

LOCK := $(BIN)/pip-compile --quiet $(LOCK_ARGS) --generate-hashes --allow-unsafe --strip-extras --no-annotate --no-header \
	--no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

# constraints.txt is for work on the project, deploy/requirements.txt is its part that goes into the image.
lock: setup
	mkdir -p build
	$(BIN)/python -m dependency_groups dev > build/dev.in
	$(LOCK) --output-file constraints.txt pyproject.toml build/dev.in
	$(LOCK) --constraint constraints.txt --build-deps-for wheel --output-file deploy/requirements.txt pyproject.toml

generate: setup
	$(BIN)/python -m schemas.generate
	$(BIN)/python -m grafana.generate
	$(BIN)/python -m streams.serve.openapi

clean:
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info
	find $(PACKAGES) tests -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
