"""Long-running builds launched from Jupyter that outlive page, kernel and server."""
