"""Fans builds out to any number of clients: feeds, subscriber cursors, batching. Knows no transport."""

from buildwidget.hub.connection import Connection, Sink, SinkClosed
from buildwidget.hub.hub import Hub, HubFull
from buildwidget.hub.settings import HubSettings
from buildwidget.hub.stats import HubStats

__all__ = ["Connection", "Hub", "HubFull", "HubSettings", "HubStats", "Sink", "SinkClosed"]
