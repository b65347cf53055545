"""`python -m placesim`."""

from placesim.cli import main

main()
