"""report.html in a real browser: no network, no errors, everything within reach of the keyboard."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import made_up_run
import pytest

from placesim.report import compare, comparison_html, write
from placesim.report.classes import UTILISATION
from placesim.store import SavedRun, open_run

pytestmark = pytest.mark.evidence

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-3d-apis", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def lacking(what: str) -> None:
    """Skip where a tool is missing; in CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        lacking("playwright is not installed (pip install playwright)")
    program = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
    if program is None:
        lacking("no Chromium on this machine (apt-get install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield started
        started.close()


@dataclass
class Visit:
    """An open page and what it tried to do."""

    page: Any
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, path: Path) -> Visit:
        self.page.on("request", lambda r: self.requests.append(r.url))
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.on("dialog", lambda d: (self.errors.append(f"dialog: {d.message}"), d.dismiss()))
        self.page.goto(path.as_uri())
        return self

    def year(self, year: int) -> None:
        self.page.locator("#year").focus()
        self.page.keyboard.press("Home")
        for _ in range(made_up_run.YEARS.index(year)):
            self.page.keyboard.press("ArrowRight")

    def stage(self, name: str) -> None:
        self.page.locator("#map-stage button", has_text=name).click()

    def text(self, selector: str) -> str:
        return str(self.page.locator(selector).inner_text())


@pytest.fixture
def visit(browser: Any) -> Iterator[Visit]:
    """A page without network; whatever a test does, it may fetch nothing and raise no error."""
    context = browser.new_context(offline=True, viewport={"width": 1400, "height": 1000}, reduced_motion="reduce")
    seen = Visit(context.new_page())
    yield seen
    assert seen.errors == []
    assert len(seen.requests) == 1, seen.requests  # the page itself
    context.close()


@pytest.fixture
def report(visit: Visit, finished: SavedRun) -> Visit:
    return visit.open(finished.folder / "report.html")


def marker(visit: Visit, name: str) -> Any:
    return visit.page.locator(f'path.school[aria-label^="{name}"]')


def test_the_slider_moves_the_map_and_the_sentence(report: Visit) -> None:
    assert report.text("#year-shown") == "2025"
    s1 = report.page.locator("path.school").nth(0)
    fills = {}
    for year in made_up_run.YEARS:
        report.year(year)
        assert report.text("#year-shown") == str(year)
        assert report.text("#map-said").startswith(f"{year} 年小学")
        crowded = report.page.locator("path.school.crowded:not(.away)")
        fills[year] = crowded.first.get_attribute("fill") if crowded.count() else None
    assert s1.count() == 1
    expected = [UTILISATION.colours[int(UTILISATION.of(u))] for u in (1.1, 1.2, 1.25)]
    assert list(fills.values()) == [None, *expected]
    assert "无学位 10 人" in report.text("#map-said")


def test_names_of_places_lie_clear_of_schools(report: Visit) -> None:
    for year in made_up_run.YEARS:
        report.year(year)
        over = report.page.evaluate("""() => {
            const boxes = (nodes) => [...nodes].map((n) => n.getBoundingClientRect());
            const schools = boxes(document.querySelectorAll(".school[tabindex]:not(.away)"));
            const names = boxes(document.querySelectorAll(".place:not(.hidden-now) span"));
            return [names.length, names.filter((n) => schools.some((s) =>
                n.left < s.right && s.left < n.right && n.top < s.bottom && s.top < n.bottom)).length];
        }""")
        assert over == [2, 0]


def test_a_school_leaves_the_map_when_it_closes(report: Visit) -> None:
    shown = report.page.locator("path.school:not(.away)")
    assert shown.count() == 3
    report.year(2027)
    assert shown.count() == 2
    report.stage("初中")
    assert shown.count() == 2


def test_areas_are_coloured_by_the_layer_chosen(report: Visit) -> None:
    report.year(2027)
    report.page.locator("#map-layer button", has_text="无学位").click()
    dark = report.page.locator('path.area[fill="#54278f"]')
    assert dark.count() == 1  # 20 of 70
    assert made_up_run.SCRIPT in str(dark.get_attribute("aria-label"))
    report.page.locator("#map-layer button", has_text="分钟").click()
    assert report.page.locator('path.area[fill="#ffffff"]').count() == 1  # minutes not known
    assert "平均上学分钟" in report.text("#legend-areas-title")


def test_the_language_changes_everything_at_once(report: Visit) -> None:
    report.page.locator("[data-language=en]").click()
    assert report.page.evaluate("document.documentElement.lang") == "en"
    assert report.text("h1") == f"A county {made_up_run.SCRIPT}"
    assert report.text("#crowded-section h2") == "Crowded schools"
    assert "Primary in 2025" in report.text("#map-said")
    left = report.page.evaluate(
        """() => { const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
        const found = []; while (walk.nextNode()) { const t = walk.currentNode.textContent;
        if (/[\\u4e00-\\u9fff]/.test(t)) found.push(t); } return found; }"""
    )
    own = (*made_up_run.NAMES.values(), *(n for n, _, _ in made_up_run.AREAS.values() if n), "长长", "扩建一小", "北乡")
    foreign = [t for t in left if not any(o in t or t in o for o in own) and not t.startswith(("GB", "中", "表1"))]
    cited = [t for t in foreign if "第十二条" not in t and "引言" not in t]
    assert cited == []
    report.page.locator("[data-language=zh]").click()
    assert report.text("#crowded-section h2") == "拥挤学校"


def test_hostile_names_stay_text(report: Visit) -> None:
    assert report.page.locator("img").count() == 0
    assert report.page.locator("script").count() == 3
    report.page.locator("#find").select_option(label=made_up_run.SCRIPT)
    assert report.text(".leaflet-popup h4") == made_up_run.SCRIPT
    report.page.locator("#map-table summary").click()
    names = report.page.locator("#map-table-areas td:first-child").all_inner_texts()
    assert made_up_run.FORMULA in names
    assert "</script><img src=x onerror=alert(2)>" in names


def test_a_card_follows_year_and_language(report: Visit) -> None:
    report.page.locator("#find").select_option(label=made_up_run.SCRIPT)
    card = ".leaflet-popup .card"
    assert "400 人" in report.text(card)
    assert "未列入" in report.text(card)
    report.year(2028)
    assert "500 人" in report.text(card)
    assert "拥挤" in report.text(card)
    report.page.locator("[data-language=en]").click()
    assert "500 pupils" in report.text(card)
    assert "North & South <i>School</i>" in report.text(card)


def test_the_map_is_used_with_the_keyboard(report: Visit) -> None:
    page = report.page
    page.locator("#map").focus()
    focused = "document.activeElement.getAttribute('class') || document.activeElement.id"
    stops = []
    for _ in range(4):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(focused))
    assert "area" in stops[0]
    assert "school" in stops[1]  # one stop per layer, not one per feature
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    first = page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("ArrowRight")
    second = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert first != second
    page.keyboard.press("Enter")
    assert page.locator(".leaflet-popup").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".leaflet-popup").count() == 0
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == second


def test_everything_that_can_be_pressed_has_a_name(report: Visit) -> None:
    page = report.page
    page.locator("#map-table summary").click()
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('button, select, input, [role=button], [tabindex="0"]')].filter((e) =>
        !(e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && e.labels.length)))
        .map((e) => e.outerHTML)"""
    )
    assert unnamed == []
    assert page.locator("h1").count() == 1
    levels = page.evaluate("[...document.querySelectorAll('main h2, main h3')].map((h) => h.tagName)")
    assert levels[0] == "H2"


def test_tables_sort_and_filter(report: Visit) -> None:
    page = report.page
    page.locator("#map-table summary").click()
    head = page.locator("#map-table-schools th", has_text="在校生").first
    rolls = lambda: page.locator("#map-table-schools td:nth-child(2)").all_inner_texts()  # noqa: E731
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert rolls() == ["400", "90", "46"]
    page.keyboard.press("Enter")
    assert rolls() == ["46", "90", "400"]
    page.locator("#underused-list .choice button", has_text="小学").click()
    assert page.locator("#underused-list tbody tr").count() == 2


def test_a_row_of_the_list_leads_to_the_map(report: Visit) -> None:
    report.page.locator("#crowded-list .link").click()
    assert report.text("#year-shown") == "2026"
    assert report.text(".leaflet-popup h4") == made_up_run.SCRIPT


def test_charts_are_read_with_the_arrow_keys(report: Visit) -> None:
    chart = report.page.locator(".chart").first
    assert "2028 年" in chart.locator("figcaption").inner_text()
    chart.locator("svg.drawing").focus()
    report.page.keyboard.press("ArrowRight")
    assert chart.locator(".readout").inner_text().startswith("2026 年：学生 690")


def test_a_chart_shows_its_fan_and_reads_it(report: Visit) -> None:
    chart = report.page.locator("#charts .chart").first
    assert chart.locator("polygon.fan").count() == 2
    chart.locator("svg.drawing").focus()
    report.page.keyboard.press("ArrowRight")
    assert (
        "八成情形 450—550 人；多于设计学位的可能 40%，多于班额上限学位的可能 10%"
        in chart.locator(".readout").inner_text()
    )


def test_pupils_are_led_back_to_their_sources_and_to_the_year_before(report: Visit) -> None:
    section = report.page.locator("#pupils-section")
    cells = section.locator("table.plain").first.locator("tbody tr").first.locator("th, td").all_inner_texts()
    assert cells == ["预防接种", "120", "120", "120"]  # six areas of 20 in each of the three years to come
    folded = section.locator("details").first
    folded.locator("summary").click()
    rows = dict(row.split("\t", 1) for row in folded.locator("tbody tr").all_inner_texts())
    assert rows["上年学生"].split("\t")[0] == "400"
    assert rows["当年学生"].split("\t")[0] == fixed(400 - 60 + 80 + 12.5 + 3)


def fixed(value: float) -> str:
    """As the page rounds."""
    return str(int(value + 0.5))


def test_the_backtest_is_drawn_and_its_figures_are_there(report: Visit) -> None:
    section = report.page.locator("#backtest-section")
    assert section.locator("figure.chart").count() == 2
    assert (
        section.locator("figure.chart").first.locator("svg.drawing rect").count() == 9
    )  # three methods, three horizons
    section.locator("summary").click()
    assert section.locator("table.data tbody tr").count() == 54  # 2 stages × 3 levels × 3 methods × 3 horizons


def test_a_warning_is_a_word_beside_its_colour(report: Visit) -> None:
    section = report.page.locator("#outlook-section")
    red = section.locator(".warning.red")
    assert red.inner_text().split("\n") == ["红 125%", "可能 90%"]
    assert made_up_run.SCRIPT in str(red.get_attribute("title"))
    assert section.locator(".warning.blue").inner_text() == "蓝 40%"  # no futures there
    heads = section.locator(".warnings").first.locator("thead th").all_inner_texts()
    assert heads == ["规划片区", "2025（当前）", "2028（3年后）"]
    report.page.locator("[data-language=en]").click()
    assert red.inner_text().split("\n") == ["Red 125%", "chance 90%"]


def test_waves_are_chosen_by_keyboard(report: Visit) -> None:
    page, waves = report.page, report.page.locator("#outlook-waves")
    row = lambda: waves.locator("tbody td").all_inner_texts()  # noqa: E731
    assert row() == ["城关", "小学", "2025 或更早", "40", "2026", "2026", "0", "25"]
    waves.locator(".choice button").nth(1).focus()
    page.keyboard.press("Enter")
    assert row() == [made_up_run.SCRIPT, "小学", "2026", "100", "2028", "2028 或更晚", "100", "–"]
    assert page.evaluate("document.activeElement.textContent") == "学校（分学段）"


def test_the_outlook_says_what_to_look_at_and_what_is_lacking(report: Visit) -> None:
    section = report.page.locator("#outlook-section")
    said = section.inner_text()
    assert "空余学位多；规模小" in said
    assert "0.515 未达标" in said
    assert "有 2 项指标或检验无法计算" in said
    assert "学校预留用地（用地面积（平方米）、城乡类型）" in said
    section.locator(".link").click()
    assert report.text(".leaflet-popup h4") == made_up_run.QUOTES


def test_a_run_without_outlook(visit: Visit, saved: SavedRun) -> None:
    for name in ("early_warning", "waves", "review", "balance", "not_computable"):
        (saved.folder / "tables" / f"{name}.csv").unlink()
    [path] = write(open_run(saved.folder), ["html"])
    visit.open(path)
    visit.page.locator("[data-language=en]").click()
    assert visit.page.locator("#outlook-section").count() == 0
    assert visit.text("#sources-section h2") == "Sources"


def test_printing_opens_what_is_folded(report: Visit) -> None:
    page = report.page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()


@pytest.mark.parametrize("width", [360, 768])
def test_narrow_screens_do_not_scroll_sideways(report: Visit, width: int) -> None:
    report.page.set_viewport_size({"width": width, "height": 800})
    assert report.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_run_of_one_year(visit: Visit, saved: SavedRun) -> None:
    made_up_run.cut_to_one_year(saved.folder)
    [path] = write(open_run(saved.folder), ["html"])
    visit.open(path)
    assert not visit.page.locator("#year").is_visible()
    assert "2025 基准年、高峰年、末年" in visit.text("#key")
    bar = visit.page.locator(".drawing polygon").first.bounding_box()
    assert bar["width"] > 300


def test_the_comparison_page(visit: Visit, finished: SavedRun, tmp_path: Path) -> None:
    comparison_html(compare(finished, finished), tmp_path / "c.html")
    visit.open(tmp_path / "c.html")
    assert visit.text("h1") == f"某县 {made_up_run.SCRIPT}"
    visit.page.locator("[data-language=en]").click()
    assert visit.text("#figures").split("\n")[0] == "Primary"
    assert "no difference" in visit.text("#figures")


def test_the_bundled_county(visit: Visit, tmp_path: Path, record_property: Any) -> None:
    from placesim.scenario import example
    from placesim.spine import run

    folder = run(example("songlan")).save(tmp_path / "songlan")
    [path] = write(open_run(folder), ["html"])
    record_property("bytes", path.stat().st_size)
    assert path.stat().st_size < 2_000_000
    visit.open(path)
    visit.page.locator("[data-language=en]").click()
    assert visit.page.locator("path.area").count() > 150
    for _ in range(15):
        visit.page.locator("#year").press("ArrowRight")
    assert visit.text("#year-shown") == "2040"
