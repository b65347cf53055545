"""The finished run and its folder: written once, read by every face."""

from placesim.store.folder import staging, writing
from placesim.store.run_record import Run
from placesim.store.saved import SavedRun, open_run
from placesim.store.write import run_folder, save

__all__ = ["Run", "SavedRun", "open_run", "run_folder", "save", "staging", "writing"]
