"""The scenarios that placesim brings."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from rapidfuzz import process

from placesim.errors import Finding, ScenarioError
from placesim.scenario.scenario import Scenario, load


def example_folder(name: str) -> Path:
    """The folder of a bundled scenario. Raises ScenarioError (E132) with the names there are."""
    package = Path(str(resources.files("placesim")))
    homes = [package / "examples", package.parent / "scenarios"]  # installed wheel · source tree
    found = {f.parent.name: f.parent for home in homes for f in sorted(home.glob("*/base.toml"))}
    if name not in found:
        near = process.extractOne(name, list(found)) if found else None
        facts = {"known": ", ".join(found) or "–", "nearest": near[0] if near else "–"}
        raise ScenarioError([Finding("E132", value=name, facts=facts)])
    return found[name]


def example(name: str) -> Scenario:
    """A bundled scenario, ready to run: `placesim.example("songlan")`."""
    return load(example_folder(name) / "base.toml")
