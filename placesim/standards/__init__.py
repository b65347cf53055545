"""Rule packs: cited norms and rules as data."""
