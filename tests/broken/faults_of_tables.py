"""Faults of delimited files and of the workbook, one each."""

from __future__ import annotations

from datetime import datetime

from county_copy import ROLLS, ROLLS_SHEET, County
from fault import SCENARIO, Fault, bytes_of, csv_cells, in_csv, in_rolls, in_scenario, rolls_cells, said


def copied_line(name: str, place: tuple[str, int, str]) -> Fault:
    """The line before this one says the same."""
    file, row, column = place

    def twice(county: County) -> None:
        rows = county.read(file)
        county.write(file, [*rows[: row - 1], rows[row - 2], *rows[row - 1 :]])

    return Fault(name, twice, "E300", file, row, column)


def without_rows(file: str, column: str, value: str) -> Fault:
    def thinned(county: County) -> None:
        rows = county.read(file)
        at = rows[0].index(column)
        county.write(file, [r for r in rows if r[at] != value])

    return Fault("rates_without_fertility", thinned, "E320", file, None, "measure")


def without_zeros(county: County) -> None:
    """The ids of a column as a spreadsheet makes numbers of them."""
    rows = county.read("catchments.csv")
    county.write("catchments.csv", [rows[0], *([cells[0].lstrip("0"), *cells[1:]] for cells in rows[1:])])


def titled(county: County) -> None:
    """A title and a blank line above the headers, as a printed table has them."""
    rows = county.read("births.csv")
    county.write("births.csv", [["松岚县出生人口统计表"], *rows])


def only_header(county: County) -> None:
    county.write("flows.csv", county.read("flows.csv")[:1])


def renamed(file: str, old: str, new: str) -> Fault:
    def rename(county: County) -> None:
        rows = county.read(file)
        rows[0][rows[0].index(old)] = new
        county.write(file, rows)

    return Fault("column_missing", rename, "E209", file, 1, old)


def long_population(county: County) -> None:
    """The population as one row per area, sex and age group, in five-year groups, one of which starts a year early."""
    wide = county.read("population.csv")
    groups = [(a, a + 4) for a in range(0, 100, 5)] + [(100, 120)]
    rows = [["area_id", "year", "sex", "age_from", "age_to", "residents"]]
    for cells in wide[1:]:
        rows += [[cells[0], "2025", sex, str(a), str(b), "40"] for sex in ("female", "male") for a, b in groups]
    rows[4][3] = "14"  # 15–19 of the first area
    county.write("people.csv", rows)
    text = county.scenario_file.read_text(encoding="utf-8")
    start, end = text.index("[inputs.population]"), text.index("[inputs.children]")
    table = '[inputs.population]\npath = "people.csv"\nas_of = "2025-08-31"\nbasis = "resident"\n\n'
    county.scenario_file.write_text(text[:start] + table + text[end:], encoding="utf-8")


def in_thousands(county: County) -> None:
    """Ages 6 to 11 of every area at a tenth."""
    rows = county.read("population.csv")
    for at, header in enumerate(rows[0]):
        if header[1:] in {f"{age}岁" for age in range(6, 12)}:
            for cells in rows[1:]:
                cells[at] = str(float(cells[at]) / 10)
    county.write("population.csv", rows)


def stray_comma(county: County) -> None:
    path = county.folder / "costs.csv"
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    lines[2] = lines[2].replace(",place,", ",place, new,")
    path.write_text("\n".join(lines), encoding="utf-8")


def workbook_as(county: County, file: str) -> None:
    (county.folder / file).write_bytes((county.folder / ROLLS).read_bytes())


def open_quote(data: bytes) -> bytes:
    return data.replace(b"\n099101003", b'\n"099101003', 1)


CSV = (
    # ids
    in_csv("children_of_an_unknown_area", ("children.csv", 3, "area_id"), "西溪村", "E302"),
    in_csv("leading_zero_lost", ("catchments.csv", 2, "area_id"), "99101001", "E301"),
    Fault("leading_zeros_of_a_column_lost", without_zeros, "E250", "catchments.csv", 2, "area_id", "99101001"),
    in_csv("id_in_scientific_notation", ("catchments.csv", 3, "area_id"), "9.91E+08", "E236"),
    in_csv("catchment_to_unknown_school", ("catchments.csv", 4, "school_id"), "Q77", "E302"),
    in_csv("flow_to_unknown_school", ("flows.csv", 2, "school_id"), "elsewhere", "E302"),
    in_csv("development_in_unknown_area", ("developments.csv", 5, "区域编号"), "330182", "E302"),
    in_csv("population_of_unknown_area", ("population.csv", 4, "区域编号"), "总计", "E302"),
    copied_line("planning_area_twice", ("planning_areas.csv", 5, "planning_area")),
    # types
    in_csv("text_for_a_number", ("children.csv", 5, "children"), "about 20", "E217"),
    in_csv("full_width_digits", ("births.csv", 2, "births"), "１９", "E225"),
    in_csv("thousands_separator", ("developments.csv", 2, "套数"), "1,300", "E225"),
    in_csv("percent_for_a_share", ("developments.csv", 3, "入住者中来自本县的比例"), "70", "E220"),
    in_csv("percent_sign", ("developments.csv", 4, "入住者中来自本县的比例"), "65%", "E220"),
    in_csv("date_with_slashes", ("children.csv", 4, "as_of"), "2025/8/31", "E222"),
    in_csv("word_off_the_list", ("planning_areas.csv", 2, "area_type"), "城区", "E224"),
    # absurd values
    in_csv("negative_children", ("children.csv", 6, "children"), "-4", "E219"),
    in_csv("household_of_forty", ("household_profiles.csv", 3, "persons"), "40", "E219"),
    in_csv("fertility_per_thousand", ("rates.csv", 3, "value"), "49.4", "E321"),
    # blanks
    in_csv("children_without_basis", ("children.csv", 7, "basis"), "", "E216"),
    in_csv("children_without_date", ("children.csv", 8, "as_of"), "", "E216"),
    # years and ages
    in_csv("cohort_in_the_future", ("children.csv", 9, "cohort"), "2027", "E315"),
    in_csv("counted_years_later", ("children.csv", 2, "as_of"), "2031-08-31", "E248"),
    in_csv("age_missing", ("population.csv", 7, "女7岁"), "", "E308").named("{sex}{age_from}岁"),
    Fault("overlapping_age_groups", long_population, "E318", "people.csv", 5, "age_from", "14"),
    Fault("ages_end_before_they_start", csv_cells("rates.csv", 2, {"age_to": "12"}), "E237", "rates.csv", 2, "age_to",
          "12"),
    # tables against each other
    in_csv("catchment_of_an_unknown_stage", ("catchments.csv", 5, "stage"), "小学", "E303"),
    in_csv("catchment_of_a_stage_its_school_lacks", ("catchments.csv", 2, "stage"), "senior", "E316"),
    in_csv("dwelling_type_without_profile", ("developments.csv", 6, "住房类型"), "loft", "E358"),
    Fault("pupils_beyond_residents", in_thousands, "E311", ROLLS, None, "在校生数", sheet=ROLLS_SHEET),
    copied_line("population_row_twice", ("population.csv", 4, "区域编号")),
    without_rows("rates.csv", "measure", "fertility"),
    # encodings
    in_csv("mojibake", ("planning_areas.csv", 3, "name"), "松城东湖片区".encode().decode("gb18030", "replace"), "E226"),
    in_csv("characters_lost", ("planning_areas.csv", 3, "name"), "锟斤拷锟斤拷", "E227"),
    Fault("wrong_encoding_declared", said('encoding = "gb18030"', 'encoding = "utf-8"'), "E205", "population.csv", 1,
          None),
    # files
    Fault("table_empty", only_header, "E208", "flows.csv", None, None),
    Fault("title_above_the_header", titled, "E251", "births.csv", 1, None),
    renamed("births.csv", "births", "birth_count"),
    Fault("stray_delimiter", stray_comma, "E231", "costs.csv", 3, None, "2025").and_so("E217", "E221"),
    Fault("csv_in_utf_16", bytes_of("flows.csv", lambda data: data.decode("utf-8-sig").encode("utf-16")), "E205",
          "flows.csv", 1, None),
    Fault("workbook_called_csv", lambda county: workbook_as(county, "costs.csv"), "E205", "costs.csv", 1, None),
    Fault("quote_never_closed", bytes_of("catchments.csv", open_quote), "E203", "catchments.csv", 5, None),
)  # fmt: skip

WORKBOOK = (
    in_rolls("roll_of_an_unknown_school", (5, "学校代码"), "Q09", "E302"),
    in_rolls("number_with_a_unit", (6, "班级数"), "18班", "E217"),
    in_rolls("half_a_pupil", (7, "在校生数"), 41.5, "E218"),
    in_rolls("pupils_below_zero", (8, "在校生数"), -12, "E219"),
    in_rolls("pupils_blank", (9, "在校生数"), None, "E216"),
    in_rolls("date_for_a_number", (10, "班级数"), datetime(2025, 5, 6), "E230").shown("2025-05-06"),
    in_rolls("year_as_a_span", (11, "学年"), "2024—2025", "E221"),
    in_rolls("spreadsheet_error", (12, "寄宿生"), "#REF!", "E228"),
    in_rolls("formula_never_computed", (13, "寄宿生"), "=G12+1", "E229").shown("=…"),
    in_rolls("grade_unknown", (14, "年级"), "十年级", "E303"),
    Fault("class_of_hundreds", rolls_cells({"E2": 900, "F2": 3, "H2": None, "I2": None, "J2": None, "K2": None}),
          "E313", ROLLS, 2, "在校生数", "900", sheet=ROLLS_SHEET),
    Fault("bins_that_do_not_sum", rolls_cells({"F3": 18, "H3": 1, "I3": 5, "J3": 11, "K3": 0}),
          "E312", ROLLS, 3, "班级数", "18", sheet=ROLLS_SHEET),
    Fault("column_named_but_absent", rolls_cells({"F1": "班数"}), "E212", SCENARIO, 'classes = "班级数"',
          "inputs.enrolment.columns.classes", "班级数"),
    Fault("workbook_cut_short", bytes_of(ROLLS, lambda data: data[:9000]), "E203", ROLLS, None, None,
          sheet=ROLLS_SHEET),
    Fault("workbook_with_a_password", bytes_of(ROLLS, lambda data: bytes.fromhex("d0cf11e0a1b11ae1") + data[:4000]),
          "E203", ROLLS, None, None, sheet=ROLLS_SHEET),
)  # fmt: skip

NAMED = (
    in_scenario("file_missing", said('"enrolment.xlsx"', '"enrollment.xlsx"'), "E201",
                ('"enrollment.xlsx"', "inputs.enrolment.path")).shown("enrollment.xlsx"),
    in_scenario("sheet_missing", said('sheet = "在校生"', 'sheet = "在校学生"'), "E204",
                ('"在校学生"', "inputs.enrolment.sheet")).shown("在校学生"),
    in_scenario("layer_missing", said('layer = "sites"', 'layer = "site"'), "E204",
                ('"site"', "inputs.sites.layer")).shown("site"),
    in_scenario("table_unknown", said("[inputs.births]", "[inputs.birth]"), "E200",
                ("[inputs.birth]", "inputs.birth")).shown("birth"),
    in_scenario("format_unknown", said('"births.csv"', '"base.toml"'), "E202",
                ('"base.toml"', "inputs.births.path")).shown("base.toml"),
    in_scenario("basis_unknown", said('basis = "resident"', 'basis = "census"'), "E235",
                ('basis = "census"', "inputs.population.basis")).shown("census"),
)  # fmt: skip

WHOLE_TABLES = (
    Fault("registered_among_residents", said('path = "children.csv"', 'path = "children.csv"\nbasis = "registered"'),
          "E310", "children.csv", None, None),
    Fault("year_missing_for_the_method", said("gb18030\"\nyear = 2025", "gb18030\"\nyear = 2027"), "E309",
          "population.csv", None, "year").and_so("E244"),
    Fault("base_year_missing_in_the_rolls", said("base_year = 2025", "base_year = 2026"), "E309", ROLLS, None, "学年",
          sheet=ROLLS_SHEET),
    Fault("counted_in_another_year", said('as_of = "2025-08-31"', 'as_of = "2020-11-01"'), "E244", "population.csv",
          None, "year"),
)  # fmt: skip
FAULTS = (*CSV, *WORKBOOK, *NAMED, *WHOLE_TABLES)
