"""What code and data cite exists."""

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("schemas", "twin", "streams", "grafana", "deploy", "tests")
CITATION = re.compile(r"physics ((?:\d+(?:\.\d+)?)(?:(?:, | and |, seed of |, seeds? )\d+(?:\.\d+)?\b(?! K| %))*)")


def cited() -> dict[str, str]:
    """Section of docs/physics.md -> a file that cites it."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        for path in sorted((PROJECT / package).rglob("*")):
            if path.suffix in (".py", ".toml", ".proto") and path != Path(__file__):
                for group in CITATION.findall(path.read_text(encoding="utf-8")):
                    found |= dict.fromkeys(re.findall(r"\d+(?:\.\d+)?", group), str(path.relative_to(PROJECT)))
    return found


def headings() -> set[str]:
    text = (PROJECT / "docs" / "physics.md").read_text(encoding="utf-8")
    return set(re.findall(r"^#+ (\d+(?:\.\d+)?) ", text, re.MULTILINE))


def test_every_section_of_the_physics_that_is_cited_exists() -> None:
    sections = cited()
    assert {"1.4", "2.1", "3.4", "4.2"} <= set(sections)
    assert {section: file for section, file in sections.items() if section not in headings()} == {}


def test_files_that_texts_link_to_exist() -> None:
    for text in (PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")):
        for link in re.findall(r"\]\(([^)#:]+)\)", text.read_text(encoding="utf-8")):
            assert (text.parent / link).exists(), f"{text.name}: {link}"


def test_what_the_commands_of_the_readme_write_is_not_left_for_git_to_find() -> None:
    written = re.findall(r"--(?:lines|lake|out) ([^\s\"]+)", (PROJECT / "README.md").read_text(encoding="utf-8"))
    paths = [path for path in written if path != "DIR"]
    assert paths
    if not (PROJECT / ".git").exists():
        pytest.skip("not a git checkout")
    for path in paths:
        ignored = subprocess.run(["git", "check-ignore", "--quiet", path], cwd=PROJECT, check=False)
        assert ignored.returncode == 0, f"{path} would be untracked"
