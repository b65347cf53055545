"""How a map program draws the layers: QML for QGIS and SLD for others, from the same classes as every other face."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from placesim.report.classes import Scale

POINT, LINE, POLYGON = "point", "line", "polygon"
_KINDS: Final = {POINT: ("marker", "SimpleMarker"), LINE: ("line", "SimpleLine"), POLYGON: ("fill", "SimpleFill")}
_OUTLINE: Final = {POINT: "60,68,80,255", POLYGON: "255,255,255,255"}


@dataclass(frozen=True)
class View:
    """One entry of the legend above the classes: a stage, as a filter of the rows drawn. `shown`: ticked at first."""

    label: str
    filter: str
    shown: bool


@dataclass(frozen=True)
class LayerStyle:
    """A layer drawn by the classes of one of its fields. `views` are drawn one upon the other, each with all classes.

    `size`: an expression for the diameter of points, or the width of lines, in millimetres.
    """

    field: str
    scale: Scale
    geometry: str
    views: tuple[View, ...]
    size: str = "3"


def qml(style: LayerStyle) -> str:
    """A QGIS style with one rule per view and class; mode 4 redraws the layer when the temporal controller moves."""
    rules = [_view_rule(style, k, view) for k, view in enumerate(style.views)]
    count = len(style.views) * len(style.scale.colours)
    symbols = "".join(_symbol(style, k) for k in range(count))
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.22.0" styleCategories="Symbology|Temporal">'
        '<temporal enabled="1" mode="4" startField="" endField="" fixedDuration="0" accumulate="0"/>'
        '<renderer-v2 type="RuleRenderer" symbollevels="0" forceraster="0" enableorderby="0">'
        f'<rules key="all">{"".join(rules)}</rules><symbols>{symbols}</symbols></renderer-v2>'
        f"<layerGeometryType>{(POINT, LINE, POLYGON).index(style.geometry)}</layerGeometryType></qgis>"
    )


def sld(style: LayerStyle) -> str:
    """The same classes as SLD 1.1 for programs other than QGIS, all rows of the layer in one view."""
    drawn = "".join(
        f"<se:Rule><se:Name>{escape(label)}</se:Name>{_ogc(style.field, bounds)}{_symbolizer(style, colour)}</se:Rule>"
        for label, bounds, colour in zip(style.scale.labels(), style.scale.bounds(), style.scale.colours, strict=True)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<StyledLayerDescriptor version="1.1.0" xmlns="http://www.opengis.net/sld" '
        'xmlns:se="http://www.opengis.net/se" xmlns:ogc="http://www.opengis.net/ogc">'
        f"<NamedLayer><se:Name>{escape(style.field)}</se:Name><UserStyle><se:FeatureTypeStyle>{drawn}"
        "</se:FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>"
    )


# ---------------------------------------------------------------------------------------------- QML
def _view_rule(style: LayerStyle, position: int, view: View) -> str:
    first = position * len(style.scale.colours)
    classes = zip(style.scale.labels(), style.scale.bounds(), strict=True)
    inner = "".join(
        f'<rule key="v{position}c{k}" symbol="{first + k}" label={quoteattr(label)} '
        f"filter={quoteattr(_expression(style.field, bounds))}/>"
        for k, (label, bounds) in enumerate(classes)
    )
    checked = "" if view.shown else ' checkstate="0"'
    return (
        f'<rule key="v{position}" label={quoteattr(view.label)} filter={quoteattr(view.filter)}{checked}>{inner}</rule>'
    )


def _expression(field: str, bounds: tuple[float | None, float | None]) -> str:
    above, up_to = bounds
    terms = [] if above is None else [f'"{field}" > {above:g}']
    terms += [] if up_to is None else [f'"{field}" <= {up_to:g}']
    return " AND ".join(terms)


def _symbol(style: LayerStyle, position: int) -> str:
    colour = style.scale.colours[position % len(style.scale.colours)]
    kind, layer = _KINDS[style.geometry]
    if style.geometry == LINE:
        options = {"line_color": _rgba(colour), "line_width": "1", "line_width_unit": "MM", "capstyle": "round"}
    else:
        options = {"outline_color": _OUTLINE[style.geometry], "outline_width": "0.25", "outline_width_unit": "MM"}
        shape = {"name": "circle", "size": "3", "size_unit": "MM"} if style.geometry == POINT else {"style": "solid"}
        options |= {**shape, "color": _rgba(colour)}
    shown = "".join(f'<Option type="QString" name="{k}" value="{v}"/>' for k, v in options.items())
    return (
        f'<symbol type="{kind}" name="{position}" alpha="1" clip_to_extent="1" force_rhr="0">'
        f'<layer class="{layer}" enabled="1" pass="0" locked="0"><Option type="Map">{shown}</Option>'
        f"{_data_defined_size(style)}</layer></symbol>"
    )


def _data_defined_size(style: LayerStyle) -> str:
    if style.geometry == POLYGON:
        return ""
    sized = "size" if style.geometry == POINT else "outlineWidth"
    return (
        '<data_defined_properties><Option type="Map"><Option name="name" type="QString" value=""/>'
        f'<Option name="properties" type="Map"><Option name="{sized}" type="Map">'
        '<Option name="active" type="bool" value="true"/>'
        f'<Option name="expression" type="QString" value={quoteattr(style.size)}/>'
        '<Option name="type" type="int" value="3"/></Option></Option>'
        '<Option name="type" type="QString" value="collection"/></Option></data_defined_properties>'
    )


def _rgba(colour: str) -> str:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"{red},{green},{blue},255"


# ---------------------------------------------------------------------------------------------- SLD
def _ogc(field: str, bounds: tuple[float | None, float | None]) -> str:
    above, up_to = bounds
    terms = [] if above is None else [_compare("PropertyIsGreaterThan", field, above)]
    terms += [] if up_to is None else [_compare("PropertyIsLessThanOrEqualTo", field, up_to)]
    joined = terms[0] if len(terms) == 1 else f"<ogc:And>{''.join(terms)}</ogc:And>"
    return f"<ogc:Filter>{joined}</ogc:Filter>"


def _compare(operator: str, field: str, value: float) -> str:
    name = f"<ogc:PropertyName>{escape(field)}</ogc:PropertyName>"
    return f"<ogc:{operator}>{name}<ogc:Literal>{value:g}</ogc:Literal></ogc:{operator}>"


def _symbolizer(style: LayerStyle, colour: str) -> str:
    fill = f'<se:Fill><se:SvgParameter name="fill">{colour}</se:SvgParameter></se:Fill>'
    stroke = '<se:Stroke><se:SvgParameter name="stroke">#3c4450</se:SvgParameter></se:Stroke>'
    if style.geometry == LINE:
        drawn = f'<se:SvgParameter name="stroke">{colour}</se:SvgParameter>'
        width = '<se:SvgParameter name="stroke-width">3</se:SvgParameter>'
        return f"<se:LineSymbolizer><se:Stroke>{drawn}{width}</se:Stroke></se:LineSymbolizer>"
    if style.geometry == POLYGON:
        return f"<se:PolygonSymbolizer>{fill}{stroke}</se:PolygonSymbolizer>"
    mark = f"<se:Mark><se:WellKnownName>circle</se:WellKnownName>{fill}{stroke}</se:Mark>"
    return f"<se:PointSymbolizer><se:Graphic>{mark}<se:Size>9</se:Size></se:Graphic></se:PointSymbolizer>"


def joined(terms: Iterable[str]) -> str:
    """Terms of a filter that must all hold."""
    return " AND ".join(f"({term})" for term in terms)
