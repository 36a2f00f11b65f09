# about: pytest with pytest-sugar's bar, on three files of 60 tests, of which one fails.
# pypi: pytest pytest-sugar
# command: pytest
import pathlib
import subprocess
import sys

TEST = """
import time, pytest

@pytest.mark.parametrize("n", range(20))
def test_numbers(n):
    time.sleep(0.02)
    assert {number} != 2 or n != 15
"""
for number in range(3):
    pathlib.Path(f"test_part{number}.py").write_text(TEST.format(number=number))
sys.exit(subprocess.run(["pytest"], check=False).returncode)
