"""The browser the tests drive: one that is found, else Debian's Chromium, else Playwright's own.

``python -m tests.browser.find_chromium --install`` installs one where none is found.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PLAYWRIGHTS_OWN = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """The path of a Chromium, from $CHROMIUM, the PATH, or Playwright's own download."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    on_path = next((path for name in NAMES if (path := shutil.which(name))), None)
    return on_path or _playwrights_own()


def _playwrights_own() -> str | None:
    # In a process of its own: a test that asks has a Playwright running, and one thread can have only one.
    asked = subprocess.run([sys.executable, "-c", PLAYWRIGHTS_OWN], check=True, capture_output=True, text=True)
    path = asked.stdout.strip()
    return path if Path(path).exists() else None


def install() -> None:
    if shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=True)
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


def main() -> None:
    if find() is None and "--install" in sys.argv:
        print("Installing Chromium for the browser tests")
        install()
    if find() is None:
        sys.exit(
            "No Chromium was found for the browser tests. Install one (Debian: apt-get install chromium), "
            "or name it in the environment variable CHROMIUM."
        )


if __name__ == "__main__":
    main()
