"""A comparison of two runs as a small self-contained page, in both languages, without network."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd
from markupsafe import Markup

from placesim.messages import LANGUAGES, catalogue, label
from placesim.report.comparison import COMPARED, Comparison
from placesim.report.figures import plain
from placesim.report.html import environment, policy, script_json, template
from placesim.vocabulary import METRICS

_SCRIPTS: Final = ("text.js", "tables.js", "compare.js")
_TEXTS: Final = ("report.", "compare.", "metric.", "unit.", "typology.")
_SECTIONS: Final = ("settings", "figures", "types", "flows")


def comparison_html(comparison: Comparison, path: Path) -> None:
    """Write the comparison as one page that any browser opens from disk."""
    language = comparison.a.manifest["language"]
    styles, scripts = [template("report.css")], ["\n".join(template(name) for name in _SCRIPTS)]
    page = environment().get_template("compare.html.j2").render(
        language=language,
        t=lambda key: label(key, language),
        sections=_SECTIONS,
        styles=[Markup(s) for s in styles],
        scripts=[Markup(s) for s in scripts],
        policy=policy(styles, scripts),
        data=script_json(_data(comparison)),
    )  # fmt: skip
    path.write_text(page, encoding="utf-8", newline="\n")


def _data(comparison: Comparison) -> dict[str, Any]:
    a, b = comparison.a, comparison.b
    schools = pd.concat([run.table("schools").reindex(columns=["school_id", "name", "name_en"]) for run in (b, a)])
    return {
        **comparison.data(),
        "meta": {
            "language": a.manifest["language"],
            "years": [y for y in a.years if y in b.years],
            "stages": [{"id": s, **{la: a.stage_label(s, la) for la in LANGUAGES}} for s in a.stages if s in b.stages],
            "runs": [
                {**{la: run.title(la) for la in LANGUAGES}, "name": run.name, "id": run.manifest["run_id"]}
                for run in (a, b)
            ],
        },
        "text": {la: _texts(la) for la in LANGUAGES},
        "units": dict(METRICS),
        "compared": COMPARED,
        "schools": plain(schools.drop_duplicates("school_id", keep="last")),
    }


def _texts(language: str) -> dict[str, str]:
    return {key: text for key, text in catalogue(language)["label"].items() if key.startswith(_TEXTS)}
