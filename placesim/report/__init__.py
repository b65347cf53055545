"""The faces of a run: one writer per format, each made from a saved run alone."""

from placesim.report.backtest import backtest_lines
from placesim.report.comparison import Comparison, compare
from placesim.report.comparison_page import comparison_html
from placesim.report.postgis import write_postgis
from placesim.report.writers import FORMATS, WRITERS, write

__all__ = ["FORMATS", "WRITERS", "Comparison", "backtest_lines", "compare", "comparison_html", "write", "write_postgis"]
