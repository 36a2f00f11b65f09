"""Recordings of what real programs draw on a terminal, and what a terminal made of them."""
