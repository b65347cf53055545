"""results.xlsx reopened by readers that share nothing with its writer."""

from __future__ import annotations

import json
from pathlib import Path

import made_up_run
import openpyxl
import pytest
from openpyxl.workbook import Workbook
from python_calamine import CalamineWorkbook

from placesim.messages import LANGUAGES, catalogue
from placesim.report.words import header
from placesim.report.workbook import CELL_LIMIT, write_workbook
from placesim.store import SavedRun, open_run
from placesim.store.tables import column_title
from placesim.vocabulary import METRICS

CHINESE = [
    "封面", "目录", "主要数字", "拥挤学校", "空余学校", "学位预警", "超标年份", "缺口波次", "城乡差距", "待评估学校",
    "指标与实际需求", "住宅配建学校", "教育用地", "公办与民办", "家门口的好学校", "优质校培育", "建成检验",
    "学校分年", "片区分年", "全县分年", "抽样情景（分片区）",
    "各校可能性", "当年招生", "基准年校准", "城镇就学", "未安置原因",
    "新生来源", "逐年变化", "服务覆盖", "最近学校", "步行路段", "过街点", "施教区形状", "门牌对口学校",
    "对照标准", "学校达标", "校际均衡", "评估检验", "标准化台账", "薄弱学校", "优质学位", "体育课与场地", "共享场馆",
    "县际差距", "无法计算", "政策机制对照", "调整措施", "人口变动账", "迁移估计",
    "入学比率", "住房学生产出", "回测",
    "参数与出处", "数据问题", "尚不掌握", "字段说明",
]  # fmt: skip


def written(saved: SavedRun) -> Path:
    path = saved.folder / "results.xlsx"
    write_workbook(saved, path)
    return path


@pytest.fixture(scope="module")
def book(finished: SavedRun) -> Workbook:
    return openpyxl.load_workbook(finished.folder / "results.xlsx")


def rows(book: Workbook, sheet: str) -> list[dict[str, object]]:
    heads, *cells = book[sheet].iter_rows(values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in cells]


def english(saved: SavedRun) -> SavedRun:
    manifest = {**saved.manifest, "language": "en"}
    (saved.folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return open_run(saved.folder)


def test_sheets_speak_the_language_of_the_report(saved: SavedRun, book: Workbook) -> None:
    assert book.sheetnames == CHINESE
    in_english = openpyxl.load_workbook(written(english(saved)))
    assert in_english.sheetnames[:5] == ["Cover", "Contents", "Key figures", "Crowded", "Underused"]
    assert rows(in_english, "Key figures")[0]["Stage"] == "Primary"
    assert rows(in_english, "Schools by year")[0]["Name"] == "North & South <i>School</i>"


def test_every_text_is_text(book: Workbook) -> None:
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n"}  # strings, numbers and blanks; no formula, no error
    change = rows(book, "调整措施")[0]
    assert change["原因"] == made_up_run.FORMULA
    links = {cell.hyperlink.target for sheet in book for row in sheet.iter_rows() for cell in row if cell.hyperlink}
    assert links <= {None}  # only links inside the workbook
    assert not any(sheet.merged_cells.ranges for sheet in book)


def test_hostile_names_come_back_through_another_reader(finished: SavedRun) -> None:
    cells = CalamineWorkbook.from_path(str(finished.folder / "results.xlsx")).get_sheet_by_name("学校分年").to_python()
    names = {row[1] for row in cells[1:]}
    assert names == {made_up_run.NAMES[s] for s, _ in made_up_run.SECTIONS}


def test_text_longer_than_a_cell_is_cut_visibly(book: Workbook) -> None:
    reason = rows(book, "调整措施")[1]["原因"]
    assert isinstance(reason, str)
    assert len(reason) == CELL_LIMIT
    assert reason.endswith("长…")


def test_ids_stay_text_and_unknown_stays_blank(book: Workbook) -> None:
    table = rows(book, "学校分年")
    assert {row["区域编号"] for row in table} == {"001", "003", "005", "006"}
    s3 = [row for row in table if row["学校（校区）编号"] == "s3"]
    assert [row["平均上学分钟"] for row in s3] == [None, None]
    s4 = next(row for row in table if row["学校（校区）编号"] == "s4")
    assert (s4["城乡类型"], s4["类型"]) == (None, None)


def test_closed_lists_are_in_words(book: Workbook) -> None:
    crowded = next(row for row in rows(book, "学校分年") if row["类型"] == "拥挤")
    assert (crowded["原因"], crowded["持续"], crowded["学位制约因素"]) == ("在校生超过设计学位", "否", "教室数")
    finding = rows(book, "对照标准")[0]
    assert (finding["统计单位"], finding["要求"], finding["可信度"]) == ("学校（分学段）", "不超过", "推算")
    assert finding["名称"] == made_up_run.SCRIPT


def test_a_list_cites_rule_document_and_clause(book: Workbook) -> None:
    [row] = rows(book, "拥挤学校")
    assert row["规则编号"] == "crowded.utilisation"
    assert row["文件"] == "在校生超过设计学位: GB 50099-2011《中小学校设计规范》 3.0.1"
    assert row["可信度"] == "推算"
    assert row["首次年份"] == 2026


def test_figures_wear_the_format_of_their_metric(book: Workbook) -> None:
    sheet = book["空余学校"]
    at = {cell.value: cell.column_letter for cell in sheet[1]}
    assert sheet[f"{at['最差数值']}2"].number_format == "#,##0"  # a roll
    crowded = book["拥挤学校"]
    assert crowded[f"{at['最差数值']}2"].number_format == "0.0%"  # a utilisation
    assert crowded[f"{at['首次年份']}2"].number_format == "0"


def test_each_sheet_is_one_named_table_ready_to_print(book: Workbook) -> None:
    names = [name for sheet in book for name in sheet.tables]
    assert len(set(names)) == len(CHINESE) - 1
    for sheet in book.worksheets[1:]:
        [table] = sheet.tables.values()
        heads = [cell.value for cell in sheet[1]]
        assert len({str(h).casefold() for h in heads}) == len(heads)
        assert [c.name for c in table.tableColumns] == heads
        assert sheet.freeze_panes is not None
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.page_setup.orientation == "landscape"
    assert book["学校分年"].freeze_panes == "C2"


def test_utilisation_is_coloured_by_the_classes_of_the_map(book: Workbook) -> None:
    sheet = book["学校分年"]
    [(where, rules)] = [(str(r.sqref), r.rules) for r in sheet.conditional_formatting]
    heads = [cell.value for cell in sheet[1]]
    assert where.startswith(sheet.cell(2, heads.index("学位使用率") + 1).coordinate)
    limits = [rule.formula for rule in rules if rule.type == "cellIs"]
    assert [float(limit) for [limit] in limits] == [0.5, 0.75, 0.95, 1.0, 1.1, 1.1]


def test_assumptions_say_where_each_value_comes_from(book: Workbook) -> None:
    table = {row["参数"]: (row["值"], row["出处"]) for row in rows(book, "参数与出处")}
    assert table["calendar.horizon"] == ("3", "--set")
    assert table["name"] == ("made-up", "base.toml:2")
    assert table["calendar.base_year"] == ("2025", "默认")
    assert table["change.close-s3.reason"][0] == "=1+1"


def test_the_dictionary_explains_every_column(book: Workbook) -> None:
    explained = {(row["工作表"], row["列"]) for row in rows(book, "字段说明")}
    for name in CHINESE[2:-1]:
        assert {(name, cell.value) for cell in book[name][1]} <= explained
    about = {row["机器名"]: row["含义"] for row in rows(book, "字段说明")}
    assert about["utilisation"] == "在校生÷设计学位"
    assert [machine for machine, text in about.items() if not text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_of_every_saved_table_has_a_name_and_a_meaning(finished: SavedRun, language: str) -> None:
    package = json.loads((finished.folder / "tables" / "datapackage.json").read_text(encoding="utf-8"))
    columns = {field["name"] for resource in package["resources"] for field in resource["schema"]["fields"]}
    labels = catalogue(language)["label"]
    assert {c for c in columns | METRICS.keys() if not labels.get(f"report.about.{c}")} == set()
    assert {c for c in columns if language == "zh" and column_title(c, language) == c} == set()


def test_an_empty_table_says_so(saved: SavedRun) -> None:
    changes = saved.folder / "tables" / "changes.csv"
    changes.write_text(changes.read_text(encoding="utf-8-sig").split("\n")[0] + "\n", encoding="utf-8-sig")
    book = openpyxl.load_workbook(written(open_run(saved.folder)))
    assert book["调整措施"]["A2"].value == "无。"


def test_headers_carry_units_once() -> None:
    assert header("roll", "zh") == "在校生（人）"
    assert header("utilisation", "en") == "Utilisation"
    assert header("pupils", "en") == "Pupils"


def test_yes_and_no_are_words_even_beside_blanks(book: Workbook) -> None:
    assert [row["与首期同步"] for row in rows(book, "住宅配建学校")] == ["否"]
    assert [row["保留用地"] for row in rows(book, "建成检验")] == ["是"]
