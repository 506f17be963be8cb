"""A maker's rules come from a file; what is wrong in it is said with file, key and reason."""

from pathlib import Path

import pytest

from streams.fleet_rules import load_rules
from twin.fleet.rules import Detector, FleetRules


def rules(tmp_path: Path, text: str) -> FleetRules:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    return load_rules(path)


def test_without_a_file_and_with_an_empty_one_the_defaults_hold(tmp_path: Path) -> None:
    assert load_rules(None) == rules(tmp_path, "") == FleetRules()


def test_what_a_file_names_is_changed_and_the_version_tells_so(tmp_path: Path) -> None:
    changed = rules(tmp_path, 'version = "2"\nshadow = ["silent"]\n[changes]\nlimit = 9.0\n')
    assert changed.changes.limit == 9.0
    assert changed.shadow == {Detector.SILENT}
    assert changed.changes.page_limit == FleetRules().changes.page_limit
    other = rules(tmp_path, 'version = "2"\nshadow = ["silent"]\n[changes]\nlimit = 9.5\n')
    assert changed.version.startswith("2+")
    assert other.version.startswith("2+")
    assert changed.version != other.version
    assert rules(tmp_path, 'version = "2"').version == "2", "the defaults under another name"


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("[changes]\nlimt = 9.0", "changes.limt", "there is no such key"),
        ("[changes]\nlimit = -1", "changes.limit", "greater than 0"),
        ('shadow = ["magic"]', "shadow.0", "Input should be"),
        ("[silence]\ndays = 1.5", "silence.days", "integer"),
    ],
)
def test_a_wrong_key_or_value_is_refused(tmp_path: Path, text: str, key: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"rules.toml: {key}: .*{reason}"):
        rules(tmp_path, text)


def test_what_is_no_toml_or_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"rules\.toml: "):
        rules(tmp_path, "= 5")
    with pytest.raises(ValueError, match=r"nowhere\.toml: No such file"):
        load_rules(tmp_path / "nowhere.toml")
