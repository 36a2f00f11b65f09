"""Benchmarks: ours, what a user would pick instead, and the floor, measured in one run. ``make bench`` runs them."""
