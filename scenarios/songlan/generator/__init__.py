"""The generator of Songlan County: a made-up Chinese county with a past of its own."""
