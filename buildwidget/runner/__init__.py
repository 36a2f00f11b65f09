"""The process that runs one build, and what others need to start, watch and sweep it."""
