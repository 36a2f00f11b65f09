"""Coding agents: what they stream is read by pure sessions (a line in, events and replies out)."""
