# about: An older pip installs several packages from the index into a directory.
# pypi: pip==23.2.1
# command: pip install --target site rich numpy requests
import subprocess
import sys

OPTIONS = ["--isolated", "--disable-pip-version-check", "--no-cache-dir", "--target", "site"]
sys.exit(subprocess.run([sys.executable, "-m", "pip", "install", *OPTIONS, "rich", "numpy", "requests"]).returncode)
