"""What the books of the schools tell: how grades follow each other, and where rolls go."""
