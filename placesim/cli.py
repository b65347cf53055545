"""The command line: thin verbs, heavy imports inside them, messages from the catalogues."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from placesim.errors import DataError, Finding, FindingsError, PlacesimError, by_severity, masked
from placesim.messages import LANGUAGES, catalogue, label, line, user_language

if TYPE_CHECKING:
    from placesim.rezoning import Design, Transition

OK, WRONG, USAGE, UNMET, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 4, 130
LANGUAGE = user_language()
USUAL_TABLES = (
    "areas",
    "planning_areas",
    "population",
    "children",
    "births",
    "rates",
    "schools",
    "enrolment",
    "flows",
    "developments",
    "household_profiles",
    "catchments",
    "sites",
)

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"max_content_width": 130},
    help=label("cli.help", LANGUAGE),
)


def _said(key: str) -> str:
    return label(f"cli.{key}", LANGUAGE)


ScenarioFile = Annotated[Path, typer.Argument(metavar="FILE", help=_said("arg.file"))]
Variant = Annotated[str | None, typer.Option("--variant", metavar="NAME", help=_said("opt.variant"))]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help=_said("opt.set"))]
Json = Annotated[bool, typer.Option("--json", help=_said("opt.json"))]


def main() -> None:
    """The `placesim` command: whatever the console's encoding, a message never crashes."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()


def _guarded(verb: Callable[..., None]) -> Callable[..., None]:
    """Findings become messages and exit 1, an interruption exit 130, anything else exit 4 without a traceback."""

    @wraps(verb)
    def guarded(*args: Any, **options: Any) -> None:
        try:
            verb(*args, **options)
        except FindingsError as error:
            _print_findings(error.findings, as_json=bool(options.get("as_json")))
            raise typer.Exit(WRONG) from None
        except PlacesimError as error:
            typer.echo(f"✗ {error}", err=True)
            raise typer.Exit(WRONG) from None
        except KeyboardInterrupt:
            typer.echo(_said("interrupted"), err=True)
            raise typer.Exit(INTERRUPTED) from None
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except BrokenPipeError:  # the reader (`| head`) has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except Exception as error:
            typer.echo(label("cli.internal", LANGUAGE, kind=type(error).__name__, text=str(error)), err=True)
            if os.environ.get("PLACESIM_TRACEBACK"):
                traceback.print_exc()
            raise typer.Exit(INTERNAL) from None

    return guarded


def _print_findings(findings: Iterable[Finding], *, as_json: bool) -> None:
    """Errors first, two lines each; with --json one document on standard output."""
    findings = by_severity(findings)
    if as_json:
        from placesim.store.write import findings_json

        _print_json(findings_json(findings))
        return
    for finding in findings:
        typer.echo(line(finding, LANGUAGE), err=finding.is_error)
    errors = sum(f.is_error for f in findings)
    typer.echo(label("cli.count", LANGUAGE, errors=errors, others=len(findings) - errors), err=errors > 0)


def _refuse(error: DataError, folder: Path, *, as_json: bool) -> NoReturn:
    """Tell the findings and keep them beside the run folder, whose own name stays free."""
    from placesim.store import OutputError, keep_findings

    findings = list(error.findings)
    try:
        kept = [keep_findings(findings, folder)]
    except OutputError as refused:
        kept = []
        findings += refused.findings
    _print_findings(findings, as_json=as_json)
    for file in kept:
        typer.echo(label("cli.written", LANGUAGE, file=file), err=True)
    raise typer.Exit(WRONG)


def _print_json(data: Any) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=1, default=str))


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Tells on standard error what is going on, from the fifth second and every five seconds after."""
    start, stage, done = time.monotonic(), [""], threading.Event()

    def speak() -> None:
        while not done.wait(5):
            seconds = round(time.monotonic() - start)
            typer.echo(f"… {label(f'cli.stage.{stage[0]}', LANGUAGE)} ({seconds} s)", err=True)

    def at(name: str) -> None:
        stage[0] = name

    at("check")
    if not quiet:
        threading.Thread(target=speak, daemon=True).start()
    try:
        yield at
    finally:
        done.set()


@app.command("new", help=_said("new"), short_help=_said("new.short"))
@_guarded
def new(
    name: Annotated[Path, typer.Argument(metavar="NAME", help=_said("arg.new"))],
    example: Annotated[str, typer.Option("--example", help=_said("opt.example"))] = "songlan",
) -> None:
    import shutil

    from placesim.scenario import example_folder

    if name.exists() and any(name.iterdir() if name.is_dir() else [name]):
        raise FindingsError([Finding("E603", file=str(name))])
    private = shutil.ignore_patterns("generator", "generate.py", "truth", "__pycache__", ".placesim", "runs")
    shutil.copytree(example_folder(example), name, ignore=private, dirs_exist_ok=True)
    typer.echo(label("cli.new.done", LANGUAGE, file=name / "base.toml"))


@app.command("template", help=_said("template"), short_help=_said("template.short"))
@_guarded
def template(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help=_said("arg.template"))],
    tables: Annotated[list[str] | None, typer.Argument(metavar="TABLE", help=_said("arg.tables"))] = None,
    system: Annotated[str, typer.Option("--system", help=_said("opt.system"))] = "cn-6-3-3",
    lang: Annotated[str, typer.Option("--lang", metavar="zh|en", help=_said("opt.lang"))] = LANGUAGE,
) -> None:
    from placesim.dictionary import table_specs
    from placesim.inputs import write_template
    from placesim.scenario import system_stages
    from placesim.store import writing

    unknown = [t for t in tables or () if t not in table_specs()]
    if unknown:
        raise typer.BadParameter(
            label("cli.template.unknown", LANGUAGE, value=unknown[0], known=", ".join(table_specs()))
        )
    if file.exists():
        raise FindingsError([Finding("E606", file=str(file))])
    if lang not in LANGUAGES:
        raise typer.BadParameter(label("cli.lang.unknown", LANGUAGE, value=lang, known=", ".join(LANGUAGES)))
    with writing(file) as beside:
        write_template(beside, tables or list(USUAL_TABLES), lang, system_stages(system))
    typer.echo(label("cli.template.done", LANGUAGE, file=file))


importers = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(importers, name="import", help=_said("import"), short_help=_said("import.short"))


@importers.command("osm", help=_said("import.osm"), short_help=_said("import.osm.short"))
@_guarded
def import_osm(
    file: Annotated[Path, typer.Argument(metavar="FILE.pbf", help=_said("arg.extract"))],
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help=_said("opt.import.out"))] = None,
    lang: Annotated[str, typer.Option("--lang", metavar="zh|en", help=_said("opt.import.lang"))] = LANGUAGE,
    as_json: Json = False,
) -> None:
    from placesim.osm import ATTRIBUTION, ExtractError, draft_tables
    from placesim.store import inputs_toml, refuse_drafts_over, write_drafts
    from placesim.store.write import findings_json

    if lang not in LANGUAGES:
        raise typer.BadParameter(label("cli.lang.unknown", LANGUAGE, value=lang, known=", ".join(LANGUAGES)))
    folder = out or Path(file.name.split(".")[0])
    refuse_drafts_over(folder)
    with _progress(quiet=as_json) as progress:
        progress("import")
        try:
            drafts = draft_tables(file)
        except ExtractError as error:
            raise FindingsError([error.finding]) from None
        written = write_drafts(drafts, folder, extract=file.name, language=lang)
    if as_json:
        facts = {"files": written, **drafts.counts, "attribution": ATTRIBUTION, **findings_json(drafts.findings)}
        _print_json(facts)
        return
    typer.echo(label("cli.import.counts", LANGUAGE, **drafts.counts))
    if drafts.findings:
        _print_findings(drafts.findings, as_json=False)
    for path in written:
        typer.echo(label("cli.written", LANGUAGE, file=path))
    typer.echo(f"{_said('import.next')}\n\n{inputs_toml(drafts, LANGUAGE)}")


@app.command("check", help=_said("check"), short_help=_said("check.short"))
@_guarded
def check(
    file: ScenarioFile,
    variant: Variant = None,
    set_: Settings = None,
    annotate: Annotated[Path | None, typer.Option("--annotate", metavar="DIR", help=_said("opt.annotate"))] = None,
    as_json: Json = False,
) -> None:
    from placesim.scenario import load
    from placesim.spine import check_scenario

    scenario = load(file, variant=variant, set=set_ or [])
    with _progress(quiet=as_json):
        _, findings = check_scenario(scenario)
    _print_findings(findings, as_json=as_json)
    if annotate is not None:
        from placesim.inputs import annotate as write_annotated

        for copy in write_annotated(findings, scenario, annotate):
            typer.echo(label("cli.written", LANGUAGE, file=copy), err=as_json)
    raise typer.Exit(WRONG if any(f.is_error for f in findings) else OK)


@app.command("show", help=_said("show"), short_help=_said("show.short"))
@_guarded
def show(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help=_said("arg.file"))] = None,
    variant: Variant = None,
    set_: Settings = None,
    resolved: Annotated[bool, typer.Option("--resolved", help=_said("opt.resolved"))] = False,
    origin: Annotated[bool, typer.Option("--origin", help=_said("opt.origin"))] = False,
    schema: Annotated[bool, typer.Option("--schema", help=_said("opt.schema"))] = False,
) -> None:
    from placesim.scenario import load, show_text
    from placesim.scenario.parameters import json_schema

    if schema:
        _print_json(json_schema())
        return
    if file is None:
        raise typer.BadParameter(_said("show.file"))
    scenario = load(file, variant=variant, set=set_ or [])
    typer.echo(show_text(scenario, resolved=resolved, origin=origin))


@app.command("run", help=_said("run"), short_help=_said("run.short"))
@_guarded
def run(
    file: ScenarioFile,
    variant: Variant = None,
    set_: Settings = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help=_said("opt.out"))] = None,
    timing: Annotated[bool, typer.Option("--timing", help=_said("opt.timing"))] = False,
    as_json: Json = False,
) -> None:
    from placesim.report import FORMATS, write
    from placesim.scenario import load
    from placesim.spine import run as run_scenario
    from placesim.store import check_file, open_run, refuse_foreign, run_folder, save, staging

    scenario = load(file, variant=variant, set=set_ or [])
    folder = out.resolve() if out else run_folder(scenario)
    refuse_foreign(folder)
    with _progress(quiet=as_json) as progress:
        try:
            finished = run_scenario(scenario, progress=progress, workers=None)
        except DataError as error:
            _refuse(error, folder, as_json=as_json)
        with staging(folder) as beside:
            start = time.process_time()
            progress("store")
            save(finished, beside)
            stored = time.process_time()
            progress("report")
            write(open_run(beside), FORMATS)
    check_file(folder).unlink(missing_ok=True)
    seconds = {**finished.seconds, "store": stored - start, "report": time.process_time() - stored}
    if as_json:
        _print_json({"run": str(folder), "report": str(folder / "report.html"), "seconds": seconds})
        raise typer.Exit(INTERRUPTED if finished.interrupted else OK)
    if finished.findings:
        typer.echo(label("cli.run.findings", LANGUAGE, count=len(finished.findings), file=folder / "check.json"))
    if timing:
        for stage, spent in seconds.items():
            typer.echo(f"{label(f'cli.stage.{stage}', LANGUAGE)}  {spent:.2f} s CPU")
    typer.echo(label("cli.run.done", LANGUAGE, file=folder / "report.html"))
    if finished.interrupted:
        typer.echo(label("cli.run.interrupted", LANGUAGE), err=True)
        raise typer.Exit(INTERRUPTED)


@app.command("compare", help=_said("compare"), short_help=_said("compare.short"))
@_guarded
def compare(
    a: Annotated[Path, typer.Argument(metavar="RUN_A", help=_said("arg.run"))],
    b: Annotated[Path, typer.Argument(metavar="RUN_B", help=_said("arg.run"))],
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help=_said("opt.html"))] = None,
    as_json: Json = False,
) -> None:
    from placesim.report import compare as compare_runs
    from placesim.report import comparison_html
    from placesim.store import open_run

    comparison = compare_runs(open_run(a), open_run(b))
    if as_json:
        _print_json(comparison.data())
    else:
        typer.echo("\n".join(comparison.lines(LANGUAGE)))
    if html is not None:
        comparison_html(comparison, html)
        typer.echo(label("cli.written", LANGUAGE, file=html), err=as_json)


Stage = Annotated[str, typer.Option("--stage", metavar="STAGE", help=_said("opt.zone.stage"))]
PlanYear = Annotated[int | None, typer.Option("--year", metavar="YEAR", help=_said("opt.zone.year"))]
HandPlan = Annotated[Path | None, typer.Option("--evaluate", metavar="PLAN.csv", help=_said("opt.zone.evaluate"))]
PlanFolder = Annotated[Path | None, typer.Option("--out", metavar="DIR", help=_said("opt.zone.out"))]
Floor = Annotated[float | None, typer.Option("--floor", metavar="SHARE", help=_said("opt.zone.floor"))]
Weights = Annotated[list[str] | None, typer.Option("--weight", metavar="NAME=VALUE", help=_said("opt.zone.weight"))]
Seeds = Annotated[int, typer.Option("--seeds", min=1, max=100, help=_said("opt.zone.seeds"))]
Seconds = Annotated[float, typer.Option("--seconds", min=0.0, help=_said("opt.zone.seconds"))]
Notice = Annotated[int, typer.Option("--notice", min=0, max=20, help=_said("opt.zone.notice"))]
Choosing = Annotated[int, typer.Option("--optional", min=0, max=20, help=_said("opt.zone.optional"))]
SiblingShare = Annotated[float, typer.Option("--siblings", min=0, max=1, help=_said("opt.zone.siblings"))]


@app.command("zone", help=_said("zone"), short_help=_said("zone.short"))
@_guarded
def zone(
    file: ScenarioFile,
    stage: Stage,
    year: PlanYear = None,
    evaluate: HandPlan = None,
    out: PlanFolder = None,
    floor: Floor = None,
    weight: Weights = None,
    seeds: Seeds = 4,
    seconds: Seconds = 30.0,
    notice: Notice = 1,
    optional: Choosing = 0,
    siblings: SiblingShare = 0.0,
    variant: Variant = None,
    set_: Settings = None,
    as_json: Json = False,
) -> None:
    from placesim import rezoning
    from placesim.scenario import load
    from placesim.spine import run as run_scenario

    scenario = load(file, variant=variant, set=set_ or [])
    if stage not in scenario.stages.ids:
        raise typer.BadParameter(label("cli.zone.stage", LANGUAGE, value=stage, known=", ".join(scenario.stages.ids)))
    if floor is not None and not 0 < floor <= 1:
        raise typer.BadParameter(_said("zone.floor"))
    options = rezoning.ZoneOptions(_weights(weight or []), floor, seeds, 0, seconds)
    transition = rezoning.Transition(notice, optional, siblings)
    if out is not None:
        rezoning.refuse_plans_over(out)
    with _progress(quiet=as_json) as progress:
        finished = run_scenario(scenario, progress=progress)
        years = finished.places.years
        if year is not None and year not in years:
            raise typer.BadParameter(label("cli.zone.year", LANGUAGE, value=year, first=years[0], last=years[-1]))
        case = rezoning.rezoning_case(finished, stage, years[0] if year is None else year)
        if evaluate is None:
            design = rezoning.design_zones(case, options, progress)
        else:
            design = rezoning.price_zones(case, rezoning.read_plan(evaluate, case), options)
        written = [] if out is None else rezoning.write_plan(design, transition, out, LANGUAGE)
    _print_plan(design, transition, written, as_json=as_json)


def _print_plan(design: Design, transition: Transition, written: list[Path], *, as_json: bool) -> None:
    from placesim import rezoning
    from placesim.store.write import findings_json

    if as_json:
        said = {"files": written, "not_modelled": label("zone.not_modelled", LANGUAGE)}
        _print_json({**rezoning.plan_data(design, transition), **said, **findings_json(design.findings)})
        return
    typer.echo("\n".join(rezoning.plan_lines(design, transition, LANGUAGE)))
    if design.findings:
        _print_findings(design.findings, as_json=False)
    for path in written:
        typer.echo(label("cli.written", LANGUAGE, file=path))


def _weights(told: list[str]) -> dict[str, float]:
    """{name: value} of --weight NAME=VALUE."""
    from placesim.allocation import ZoneWeights

    known, weights = list(ZoneWeights.__dataclass_fields__), {}
    for text in told:
        name, _, value = text.partition("=")
        try:
            weights[name] = float(value)
        except ValueError:
            weights[name] = -1.0
        if name not in known or not 0 <= weights[name] < float("inf"):
            raise typer.BadParameter(label("cli.zone.weight", LANGUAGE, value=text, known=", ".join(known)))
    return weights


standards = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(standards, name="standards", help=_said("standards"), short_help=_said("standards.short"))


@standards.command("list", help=_said("standards.list"), short_help=_said("standards.list"))
@_guarded
def standards_list(as_json: Json = False) -> None:
    from placesim.standards.show import list_data, list_lines

    if as_json:
        _print_json(list_data())
    else:
        typer.echo("\n".join(list_lines(LANGUAGE)))


@standards.command("show", help=_said("standards.show"), short_help=_said("standards.show"))
@_guarded
def standards_show(
    pack: Annotated[str, typer.Argument(metavar="PACK", help=_said("arg.pack"))],
    rule: Annotated[str | None, typer.Option("--rule", metavar="ID", help=_said("opt.rule"))] = None,
    as_json: Json = False,
) -> None:
    from placesim.standards.show import show_data, show_lines

    if as_json:
        _print_json(show_data(pack, rule))
    else:
        typer.echo("\n".join(show_lines(pack, LANGUAGE, rule)))


@standards.command("diff", help=_said("standards.diff"), short_help=_said("standards.diff"))
@_guarded
def standards_diff(
    a: Annotated[str, typer.Argument(metavar="PACK_A", help=_said("arg.pack"))],
    b: Annotated[str, typer.Argument(metavar="PACK_B", help=_said("arg.pack"))],
    as_json: Json = False,
) -> None:
    from placesim.standards.diff import diff_data, diff_lines

    if as_json:
        _print_json(diff_data(a, b))
    else:
        typer.echo("\n".join(diff_lines(a, b, LANGUAGE)))


@app.command("backtest", help=_said("backtest"), short_help=_said("backtest.short"))
@_guarded
def backtest(
    file: ScenarioFile,
    variant: Variant = None,
    set_: Settings = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE.csv", help=_said("opt.backtest.out"))] = None,
    as_json: Json = False,
) -> None:
    from placesim.report import backtest_lines
    from placesim.scenario import load
    from placesim.spine import backtest as try_on_the_past
    from placesim.store import write_csv, writing

    scenario = load(file, variant=variant, set=set_ or [])
    with _progress(quiet=as_json) as progress:
        progress("backtest")
        forecasts, summary = try_on_the_past(scenario)
    if summary.empty:
        raise FindingsError([Finding("E346", file=str(file))])
    if out is not None:
        with writing(out) as beside:
            write_csv(forecasts, beside)
    if as_json:
        _print_json(json.loads(summary.to_json(orient="records")))
        return
    typer.echo("\n".join(backtest_lines(summary, scenario.stages, LANGUAGE)))
    typer.echo(_said("backtest.done"))
    if out is not None:
        typer.echo(label("cli.written", LANGUAGE, file=out))


@app.command("report", help=_said("report"), short_help=_said("report.short"))
@_guarded
def report(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help=_said("arg.run"))],
    formats: Annotated[
        list[str] | None, typer.Option("--format", metavar="html|xlsx|gpkg", help=_said("opt.format"))
    ] = None,
    postgis: Annotated[str | None, typer.Option("--postgis", metavar="URL", help=_said("opt.postgis"))] = None,
    schema: Annotated[str | None, typer.Option("--schema", metavar="NAME", help=_said("opt.postgis.schema"))] = None,
) -> None:
    from placesim.report import FORMATS, write, write_postgis
    from placesim.store import open_run

    if schema is not None and postgis is None:
        raise typer.BadParameter(_said("report.schema"))
    unknown = [f for f in formats or () if f not in FORMATS]
    if unknown:
        raise typer.BadParameter(label("cli.report.unknown", LANGUAGE, value=unknown[0], known=", ".join(FORMATS)))
    saved = open_run(run_folder)
    for path in write(saved, formats or (() if postgis else FORMATS)):
        typer.echo(label("cli.written", LANGUAGE, file=path))
    if postgis is not None:
        written = write_postgis(saved, postgis, schema)
        for note in written.notes:
            typer.echo(line(note, LANGUAGE))
        typer.echo(label("cli.written", LANGUAGE, file=f"{masked(postgis)} [{written.name}]"))


@app.command("help", help=_said("help.verb"), short_help=_said("help.short"))
@_guarded
def explain_code(
    topic: Annotated[str, typer.Argument(metavar="CODE", help=_said("arg.code"))] = "scenario",
) -> None:
    code = topic.upper()
    known = catalogue(LANGUAGE)["finding"]
    if code in known:
        entry = known[code]
        typer.echo(f"{code}  {entry['about']}")
    elif topic == "scenario":
        from placesim.scenario import help_text

        typer.echo(help_text(LANGUAGE))
    elif topic == "tables":
        from placesim.inputs import dictionary_page

        typer.echo(dictionary_page(LANGUAGE))
    else:
        raise FindingsError([Finding("E604", value=topic)])


if __name__ == "__main__":
    main()
