"""The inside of ``buildwidget.report``: messages, sinks, and what a value looks like on the wire.

Imported by user code in every process of a build, so it stays light: the standard library, msgspec and the
protocol, never the store.
"""
