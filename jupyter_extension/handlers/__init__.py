"""The Tornado edge: who may ask, what is asked, and how it is answered. Everything else is in buildwidget."""
