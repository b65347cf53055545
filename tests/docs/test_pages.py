"""Generated pages are those the program would write today; pages name only what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from placesim.inputs import dictionary_page
from placesim.scenario import load
from placesim.standards.pack import load_pack
from placesim.standards.rules import Rule

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("page", "language"), [("tables.md", "en"), ("tables.zh.md", "zh")])
def test_the_dictionary_page_is_current(page: str, language: str) -> None:
    """Renew it with: placesim help tables > docs/tables.md (PLACESIM_LANG=zh for docs/tables.zh.md)."""
    assert (REPOSITORY / "docs" / page).read_text(encoding="utf-8") == dictionary_page(language)


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/standards.md", "docs/standards.zh.md"]
)
def test_links_lead_somewhere(page: str) -> None:
    file = REPOSITORY / page
    text = file.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (file.parent / target).exists(), target
    for target in re.findall(r"`((?:placesim|scenarios|docs|tests|notebooks|benchmarks)/[\w./-]+)`", text):
        assert (REPOSITORY / target).exists(), target


def test_every_room_stands_in_the_architecture_page() -> None:
    text = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {
        p.stem for p in (REPOSITORY / "placesim").glob("[a-z]*") if p.suffix == ".py" or (p / "__init__.py").exists()
    }
    assert {room for room in rooms if f"`{room}`" not in text} == set()


def test_the_scenario_in_the_readme_is_one(tmp_path: Path) -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    (tmp_path / "base.toml").write_text(block, encoding="utf-8")
    assert set(load(tmp_path).parameters.inputs) == {"areas", "schools", "population", "enrolment", "rates"}


@pytest.mark.parametrize("page", ["standards.md", "standards.zh.md"])
def test_the_pack_in_the_page_on_rules_is_one(page: str, tmp_path: Path) -> None:
    text = (REPOSITORY / "docs" / page).read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    (tmp_path / "ours.toml").write_text(block, encoding="utf-8")
    rules = load_pack(tmp_path / "ours.toml").rules
    assert (rules["cn-class-primary"].value, rules["cn-class-primary"].confidence) == (40, "V")
    assert (rules["cn-small-rural-school"].value, rules["cn-small-rural-school"].confidence) == (80, "user")


@pytest.mark.parametrize("page", ["standards.md", "standards.zh.md"])
def test_the_page_on_rules_names_every_key_of_a_rule(page: str) -> None:
    text = (REPOSITORY / "docs" / page).read_text(encoding="utf-8")
    assert {key for key in Rule.model_fields if f"`{key}" not in text} == {"jurisdiction"}
