"""Stands here so that tests in the folders below find `toy_county`."""
