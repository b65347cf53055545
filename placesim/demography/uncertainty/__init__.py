"""Sampled futures: what is drawn, and the pupils that follow from it."""
