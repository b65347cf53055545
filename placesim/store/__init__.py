"""The finished run and its folder: written once, read by every face."""

from placesim.store.drafts import inputs_toml, refuse_drafts_over, write_drafts
from placesim.store.folder import OutputError, refuse_foreign, staging, writing
from placesim.store.run_record import Run
from placesim.store.saved import SavedRun, open_run
from placesim.store.tables import write_csv
from placesim.store.write import check_file, keep_findings, run_folder, save

__all__ = [
    "OutputError",
    "Run",
    "SavedRun",
    "check_file",
    "inputs_toml",
    "keep_findings",
    "open_run",
    "refuse_drafts_over",
    "refuse_foreign",
    "run_folder",
    "save",
    "staging",
    "write_csv",
    "write_drafts",
    "writing",
]
