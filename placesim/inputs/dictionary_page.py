"""The data dictionary as people read it: one line per column, for templates and for the documentation."""

from __future__ import annotations

from placesim.dictionary import Column, TableSpec, table_specs
from placesim.messages import label

HEAD = ("column", "id", "type", "required", "unit", "range", "allowed")


def column_facts(column: Column, language: str) -> dict[str, str]:
    """What a reader should know of a column, by the keys of HEAD."""
    return {
        "column": column.label(language),
        "id": column.id,
        "type": label(f"type.{column.type}", language),
        "required": label("dictionary.yes", language) if column.required else "",
        "unit": column.unit or "",
        "range": _range(column),
        "allowed": _allowed(column, language),
    }


def _range(column: Column) -> str:
    if column.min is None and column.max is None:
        return ""
    low, high = ("" if limit is None else f"{limit:,.12g}".replace(",", "") for limit in (column.min, column.max))
    return f"{low} … {high}".strip()


def _allowed(column: Column, language: str) -> str:
    if column.references is not None:
        return label("dictionary.refers", language, table=table_specs()[column.references].label[language])
    stop, gap = ("）", "，") if language == "zh" else (")", ", ")
    start = "（" if language == "zh" else " ("
    return gap.join(f"{choice}{start}{label(f'choice.{choice}', language)}{stop}" for choice in column.choices)


def dictionary_page(language: str) -> str:
    """The whole dictionary as a Markdown page."""
    parts = [f"# {label('dictionary.title', language)}", label("dictionary.lines", language).strip()]
    for spec in table_specs().values():
        parts += [f"## {spec.label[language]} `{spec.id}`", spec.about[language], _declares(spec, language)]
        parts.append(_markdown_table(spec, language))
    return "\n\n".join(parts) + "\n"


def _declares(spec: TableSpec, language: str) -> str:
    said = [f"{label('dictionary.key', language)}: {', '.join(f'`{k}`' for k in spec.key)}"]
    if spec.geometry:
        shapes = label(f"geometry.{spec.geometry}", language)
        said.append(f"{label('dictionary.geometry', language)}: {shapes}")
    if spec.needed:
        said.append(label("dictionary.needed", language))
    if spec.basis:
        said.append(f"{label('dictionary.basis', language)}: {', '.join(spec.basis)}")
    if spec.as_of:
        said.append(label("dictionary.as_of", language))
    return " · ".join(said)


def _markdown_table(spec: TableSpec, language: str) -> str:
    rows = [[label(f"dictionary.{h}", language) for h in HEAD], ["---"] * len(HEAD)]
    for column in spec.columns:
        facts = column_facts(column, language)
        rows.append([f"`{facts[h]}`" if h == "id" else facts[h].replace("|", "\\|") for h in HEAD])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
