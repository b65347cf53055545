"""Loading scenarios: overlays, variants, settings, origins, norms, and every refusal with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from placesim.errors import InputError, ScenarioError
from placesim.messages import LANGUAGES, line
from placesim.scenario import Scenario, help_text, load, show_text

BASE = """schema = 1
name = "base"
[calendar]
base_year = 2025
horizon = 3
[inputs.areas]
path = "areas.gpkg"
[inputs.schools]
path = "schools.csv"
columns = { school_id = "code" }
[travel]
walk_speed = 4
[change.wing]
kind = "expand"
school = "S1"
rooms = 6
year = 2026
[variant.fast]
travel.walk_speed = 5
calendar.horizon = 9
[variant.plain]
unset = ["change.wing"]
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    file = tmp_path / "base.toml"
    file.write_text(BASE, encoding="utf-8")
    return file


def overlay(base: Path, text: str) -> Path:
    file = base.with_name("mine.toml")
    file.write_text(f'extends = "base.toml"\n{text}', encoding="utf-8")
    return file


def refused(file: Path, code: str) -> tuple[str | None, int | None, str | None]:
    with pytest.raises(ScenarioError) as error:
        load(file)
    (finding,) = [f for f in error.value.findings if f.code == code]
    for language in LANGUAGES:
        assert "{" not in line(finding, language)
    return finding.file, finding.row, finding.column


def test_the_base_alone(base: Path) -> None:
    scenario = load(base)
    assert scenario.years == (2025, 2026, 2027, 2028)
    assert scenario.reference_date == "08-31"
    assert scenario.stages.ids == ("kindergarten", "primary", "junior", "senior")
    assert scenario.changes["wing"].kind == "expand"
    assert scenario.norms["primary"].class_size_design == 45


def test_overlay_then_variant_then_setting(base: Path) -> None:
    file = overlay(base, "[travel]\nwalk_speed = 4.5\n[variant.fast.travel]\nride_speed = 20\n")
    assert load(file).parameters.travel.walk_speed == 4.5
    fast = load(file, variant="fast")
    assert (fast.parameters.travel.walk_speed, fast.parameters.travel.ride_speed) == (5, 20)
    assert fast.years[-1] == 2034
    told = load(file, variant="fast", set=["travel.walk_speed=6", "name=told"])
    assert (told.parameters.travel.walk_speed, told.name) == (6, "told")


def test_origins_name_file_and_line(base: Path) -> None:
    scenario = load(overlay(base, "[travel]\nwalk_speed = 4.5\n"), variant="fast", set={"report.language": "en"})
    assert str(scenario.origins["travel.walk_speed"]) == "base.toml:19"
    assert str(scenario.origins["calendar.base_year"]) == "base.toml:4"
    assert str(scenario.origins["report.language"]) == "--set"
    plain = load(overlay(base, "[travel]\nwalk_speed = 4.5\n"))
    assert str(plain.origins["travel.walk_speed"]) == "mine.toml:3"


def test_unset_takes_away_what_was_inherited(base: Path) -> None:
    assert "wing" not in load(base, variant="plain").changes
    assert "wing" not in load(overlay(base, 'unset = ["change.wing"]\n')).changes
    assert refused(overlay(base, 'unset = ["change.wyng"]\n'), "E126")[:2] == ("mine.toml", 2)


def test_a_change_of_another_kind_replaces_the_inherited_one(base: Path) -> None:
    changed = load(
        overlay(base, '[change.wing]\nkind = "bulge"\nschool = "S2"\nrooms = 2\nyear = 2026\nuntil = 2028\n')
    )
    assert (changed.changes["wing"].kind, changed.changes["wing"].school) == ("bulge", "S2")
    later = load(overlay(base, "[change.wing]\nyear = 2027\n"))
    assert (later.changes["wing"].kind, later.changes["wing"].year, later.changes["wing"].rooms) == ("expand", 2027, 6)


def test_with_gives_another_scenario(base: Path) -> None:
    scenario = load(base)
    other = scenario.with_({"calendar.horizon": 1, "standards.primary.class_size_design": 40})
    assert (scenario.years[-1], other.years[-1]) == (2028, 2026)
    assert (scenario.norms["primary"].class_size_design, other.norms["primary"].class_size_design) == (45, 40)


def test_with_keeps_its_own_copy_and_takes_numpy_numbers(base: Path) -> None:
    change = {"kind": "expand", "school": "S1", "rooms": 1, "year": 2026}
    other = load(base).with_({"change.x": change, "calendar.horizon": np.int64(2)})
    change["rooms"] = 99
    assert other.with_({}).parameters.change["x"].rooms == 1  # type: ignore[union-attr]
    assert other.years[-1] == 2027
    for wrong in (None, {3: 4}, ["calendar.horizon=3"]):
        with pytest.raises(InputError, match="changes"):
            load(base).with_(wrong)  # type: ignore[arg-type]


def test_a_raised_class_size_raises_the_levels_above(base: Path) -> None:
    norms = load(base, set={"standards.primary.class_size_design": 60}).norms["primary"]
    assert (norms.class_size_design, norms.class_size_cap, norms.class_size_emergency) == (60, 60, 60)


def test_stages_are_data(base: Path) -> None:
    text = (
        '[calendar]\nsystem = "ontario"\n[standards]\npack = "generic"\n'
        "[standards.elementary]\nclass_size_design = 24\nclass_size_cap = 26\nclass_size_emergency = 28\n"
        "[standards.secondary]\nclass_size_design = 24\nclass_size_cap = 26\nclass_size_emergency = 28\n"
        '[[stage]]\nid = "elementary"\nage_of_first_grade = 5\n'
    )
    scenario = load(overlay(base, text))
    assert scenario.reference_date == "12-31"
    assert scenario.stages.all[0].age_of_first_grade == 5
    assert scenario.stages.all[0].grades[0] == "JK"
    assert list(scenario.stages.ages) == [*range(5, 15), *range(14, 18)]


def test_only_some_stages_are_run(base: Path) -> None:
    scenario = load(base, set={"calendar.stages": ["primary", "junior"]})
    assert scenario.stages.ids == ("primary", "junior")
    assert list(scenario.norms) == ["primary", "junior"]


@pytest.mark.parametrize(
    ("text", "code", "row", "column"),
    [
        ("[travel]\nwalk_spead = 3\n", "E103", 3, "travel.walk_spead"),
        ("[inputs.areas]\npath = 3\n", "E105", 3, "inputs.areas.path"),
        ("[inputs.births]\ncrs = 'x'\n", "E104", 2, "inputs.births.path"),
        ("[calendar]\nhorizon = -1\n", "E106", 3, "calendar.horizon"),
        ('[allocation]\nrule = "best"\n', "E107", 3, "allocation.rule"),
        ('[change.x]\nkind = "magic"\n', "E108", 2, "change.x"),
        ("[change.x]\nyear = 2027\n", "E104", 2, "change.x"),
        ('[calendar]\nreference_date = "31 August"\n', "E109", 3, "calendar.reference_date"),
        ('[change.x]\nkind = "lease"\nschool = "S"\nrooms = 1\nyear = 2027\nuntil = 2026\n', "E120", 2, "change.x"),
        ('[change.x]\nkind = "lease"\nschool = "S"\nrooms = 1\nyear = 2027\n', "E104", 2, "change.x.until"),
        (
            '[change.x]\nkind = "open"\nschool = "S"\nname = "S"\nstages = ["primary"]\nrooms = 1\nyear = 2027\n',
            "E121",
            2,
            "change.x",
        ),
        ('[calendar]\nsystem = "cn"\n', "E123", 3, "calendar.system"),
        ('[[stage]]\nid = "college"\ngrades = ["C1"]\n', "E127", 2, "stage.0"),
        ('[[stage]]\nid = "college"\ngrades = ["G1"]\nage_of_first_grade = 18\n', "E131", 2, "stage.0"),
        ('[calendar]\nstages = ["primary", "junor"]\n', "E128", 3, "calendar.stages.junor"),
        ('name = "../../../stolen"\n', "E133", 2, "name"),
        ('[variant."../x"]\n', "E133", 2, "variant.../x"),
        ("[variant]\nx = 3\n", "E105", 3, "variant.x"),
        ("unset = 3\n", "E105", 2, "unset"),
        ('[calendar]\nreference_date = "02-30"\n', "E134", 3, "calendar.reference_date"),
        ('[inputs.areas]\nas_of = "2025-13-01"\n', "E134", 3, "inputs.areas.as_of"),
        ("[travel]\nwalk_speed = inf\n", "E106", 3, "travel.walk_speed"),
        ("[travel]\nwalk_speed = nan\n", "E106", 3, "travel.walk_speed"),
        ("[standards.primary]\nclass_size_design = 1e18\n", "E106", 3, "standards.primary.class_size_design"),
        ("a = " + "[" * 3000 + "]" * 3000 + "\n", "E135", None, None),
        ("[demand.participation]\nprimry = 0.9\n", "E128", 3, "demand.participation.primry"),
        ("[standards.primary]\nclass_siz = 40\n", "E103", 3, "standards.primary.class_siz"),
        ("[standards.primry]\nclass_size_design = 40\n", "E128", 2, "standards.primry"),
        ('[[stage]]\nid = "college"\ngrades = ["C1"]\nage_of_first_grade = 18\n', "E129", None, "standards.college"),
        ('[inputs.areas.columns]\nname = { heading = "x" }\n', "E103", 3, "inputs.areas.columns.name.heading"),
    ],
)
def test_refusals_name_file_line_and_key(base: Path, text: str, code: str, row: int | None, column: str | None) -> None:
    _, found, key = refused(overlay(base, text), code)
    assert key == column
    if row is not None:
        assert found == row


def test_all_refusals_come_at_once(base: Path) -> None:
    with pytest.raises(ScenarioError) as error:
        load(overlay(base, '[travel]\nwalk_spead = 3\ndetour = "far"\n[allocation]\nrule = "best"\n'))
    assert [f.code for f in error.value.findings] == ["E103", "E105", "E107"]


def test_unknown_variant_and_setting(base: Path) -> None:
    with pytest.raises(ScenarioError) as error:
        load(base, variant="fest")
    assert error.value.findings[0].code == "E122"
    assert "fast" in line(error.value.findings[0], "zh")
    with pytest.raises(ScenarioError) as error:
        load(base, set=["travel.walk_speed"])
    assert error.value.findings[0].code == "E125"


def test_shown_scenario_is_the_scenario(base: Path, tmp_path: Path) -> None:
    scenario: Scenario = load(base, variant="fast")
    again = tmp_path / "again.toml"
    again.write_text(show_text(scenario, resolved=True, origin=False), encoding="utf-8")
    assert load(again).parameters == scenario.parameters
    flat = tmp_path / "flat.toml"
    flat.write_text(show_text(scenario, resolved=True, origin=True), encoding="utf-8")
    assert load(flat).parameters == scenario.parameters
    assert "travel.walk_speed = 5" in show_text(scenario, resolved=False, origin=True)
    assert "# base.toml:19" in show_text(scenario, resolved=False, origin=True)


def test_a_folder_stands_for_its_base_file(base: Path) -> None:
    assert load(base.parent).parameters == load(base).parameters


def test_a_key_without_its_table_is_found(base: Path) -> None:
    with pytest.raises(ScenarioError) as error:
        load(base, set=["horizon=10"])
    assert "calendar.horizon" in line(error.value.findings[0], "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_keys_names_every_key_in_the_readers_language(language: str) -> None:
    page = help_text(language)
    for key in (
        "[calendar]",
        "blend_years",
        "[[stage]]",
        "[inputs.<table>]",
        "[standards.<stage>]",
        'kind = "bulge"',
        "[rules]",
    ):
        assert key in page
    assert ("years after the base year" in page) is (language == "en")
