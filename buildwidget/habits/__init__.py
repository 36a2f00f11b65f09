"""What a notebook does for code, done in a build: displays, figures and bars of a launched function or script.

Imported at the start of every Python of a build, so its parts are loaded when the program imports what they are about.
"""
