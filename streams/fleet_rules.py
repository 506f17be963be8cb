"""A maker's rules for its fleet from a file: what differs from the defaults, in tables named as in ``FleetRules``."""

import tomllib
from hashlib import blake2b
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from twin.fleet.rules import FleetRules


def load_rules(path: Path | None) -> FleetRules:
    """The rules; without a file the defaults. ValueError has a line for each wrong key: file, key, reason.

    The version of rules that differ from the defaults ends with a hash of them all: alerts tell which they were.
    """
    if path is None:
        return FleetRules()
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        rules = FleetRules.model_validate(said)
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except ValidationError as error:
        raise ValueError("\n".join(f"{path}: {_problem(one)}" for one in error.errors())) from None
    except ValueError as error:  # no TOML, no UTF-8
        raise ValueError(f"{path}: {error}") from None
    if rules == FleetRules(version=rules.version):
        return rules
    shadow = sorted(rules.shadow)
    digest = blake2b((rules.model_dump_json(exclude={"shadow"}) + repr(shadow)).encode(), digest_size=3).hexdigest()
    return rules.model_copy(update={"version": f"{rules.version}+{digest}"})


def _problem(found: ErrorDetails) -> str:
    reason = "there is no such key" if found["type"] == "extra_forbidden" else found["msg"]
    return f"{'.'.join(map(str, found['loc']))}: {reason}"
