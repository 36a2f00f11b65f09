"""What programs draw on a terminal: log lines and progress bars, read off the bytes they print."""
