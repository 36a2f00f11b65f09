"""The wire protocol: events, state, reducer and frames. Imports nothing else of buildwidget."""
