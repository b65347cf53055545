"""placesim: open simulator of school-place (学位) supply."""
