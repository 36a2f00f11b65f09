"""Deciding whether two calls are provably equal: a digest of everything that their build would see.

A build sees what travels to it (code, globals that the code refers to, closures, arguments: what pickle sends), and
the modules that it imports. ``call.py`` starts at the function and its arguments; ``walker.py`` turns a graph of
objects into a digest; the other modules know the kinds of objects.

Not covered, because it is no part of the call: files that the work reads, the network, the clock, environment
variables beside those in the build's spec, and modules whose names are computed at run time.
"""

from buildwidget.fingerprint.call import SCHEME, CallFingerprint, fingerprint_of_call

__all__ = ["SCHEME", "CallFingerprint", "fingerprint_of_call"]
