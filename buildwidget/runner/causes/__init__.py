"""The first cause of a failure, found in what a program printed, and the launcher that passed it on.

A kind of error is one entry of ``table.READERS``, and one sample of ``tests/unit/runner/causes/samples``.
"""
