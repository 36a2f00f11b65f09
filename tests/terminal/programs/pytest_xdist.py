# about: pytest -n 2 on three files of 300 tests, of which one fails.
# pypi: pytest pytest-xdist
# command: pytest -n 2
import pathlib
import subprocess
import sys

TEST = """
import time, pytest

@pytest.mark.parametrize("n", range(100))
def test_numbers(n):
    time.sleep(0.01)
    assert {number} != 2 or n != 15
"""
for number in range(3):
    pathlib.Path(f"test_part{number}.py").write_text(TEST.format(number=number))
sys.exit(subprocess.run(["pytest", "-n", "2"], check=False).returncode)
