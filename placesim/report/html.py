"""report.html: one self-contained page, no network, both languages inside."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from placesim.messages import label
from placesim.report.payload import payload
from placesim.store import SavedRun

SECTIONS: Final = (
    "glance", "map", "charts", "pupils", "crowded", "underused", "outlook", "ways", "findings", "changes", "backtest",
    "problems", "unknowns", "sources",
)  # fmt: skip
_OWN_SCRIPTS: Final = (
    "text.js",
    "tables.js",
    "charts.js",
    "futures.js",
    "outlook.js",
    "ways.js",
    "map.js",
    "panel.js",
    "main.js",
    "notes.js",
)
_UNSAFE_IN_SCRIPT: Final = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
_IMAGE: Final = re.compile(r"url\(\s*(images/[\w.-]+)\s*\)")


def write_html(saved: SavedRun, path: Path) -> None:
    """The report of a saved run as one page for any browser, from disk."""
    language, known = saved.manifest["language"], payload(saved)
    styles = [leaflet_style(), template("report.css")]
    scripts = [leaflet_script(), "\n".join(template(name) for name in _OWN_SCRIPTS)]
    page = environment().get_template("report.html.j2").render(
        language=language,
        title=saved.title(language),
        version=saved.manifest["versions"]["placesim"],
        t=partial(_label, language),
        sections=[s for s in SECTIONS if s != "outlook" or known["outlook"]],
        styles=[Markup(s) for s in styles],
        scripts=[Markup(s) for s in scripts],
        policy=policy(styles, scripts),
        data=script_json(known),
    )  # fmt: skip
    path.write_text(page, encoding="utf-8", newline="\n")


def environment() -> Environment:
    """Templates of this room; every value is escaped, a name that is not given is an error."""
    return Environment(loader=FunctionLoader(template), autoescape=True, undefined=StrictUndefined)


def template(name: str) -> str:
    """The text of a template, script or style sheet of this room."""
    return resources.files("placesim.report").joinpath("templates", name).read_text(encoding="utf-8")


def _label(language: str, key: str) -> str:
    return label(key, language)


# ---------------------------------------------------------------------------------------------- inlining
def script_json(data: Any) -> Markup:
    """JSON that may stand inside a script element whatever text it carries."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.translate(_UNSAFE_IN_SCRIPT))


def policy(styles: list[str], scripts: list[str]) -> str:
    """Content-Security-Policy: nothing from the network, only the styles and scripts of this page."""
    return (
        f"default-src 'none'; script-src {' '.join(map(_hash, scripts))}; style-src {' '.join(map(_hash, styles))}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"


def leaflet_script() -> str:
    """Leaflet as its wheel brings it, without the pointer to its source map."""
    return re.sub(r"//# sourceMappingURL=\S*", "", _leaflet("leaflet.js").read_text(encoding="utf-8")).strip()


def leaflet_style() -> str:
    """Leaflet's style sheet with its images as data URIs."""
    return _IMAGE.sub(_data_uri, _leaflet("leaflet.css").read_text(encoding="utf-8")).strip()


def _data_uri(image: re.Match[str]) -> str:
    content = base64.b64encode(_leaflet(image.group(1)).read_bytes()).decode("ascii")
    return f"url(data:image/png;base64,{content})"


def _leaflet(name: str) -> Any:
    return resources.files("xstatic.pkg.leaflet").joinpath("data", *name.split("/"))
