"""Hostile input, and the measurement that code takes linear time on it."""
