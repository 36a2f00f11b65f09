# about: uv installs several packages from the index into a directory.
# pypi: uv
# command: uv pip install --target site pandas rich requests
import subprocess
import sys

OPTIONS = ["--no-config", "--no-cache", "--target", "site", "--python", sys.executable]
sys.exit(subprocess.run(["uv", "pip", "install", *OPTIONS, "pandas", "rich", "requests"]).returncode)
