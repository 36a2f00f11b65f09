# about: pytest on three files of 60 tests, of which one fails and one is skipped.
# pypi: pytest
# command: pytest
import pathlib
import subprocess
import sys

TEST = """
import time, pytest

@pytest.mark.parametrize("n", range(20))
def test_numbers(n):
    time.sleep(0.02)
    if {number} == 1 and n == 7:
        pytest.skip("not here")
    assert {number} != 2 or n != 15
"""
for number in range(3):
    pathlib.Path(f"test_part{number}.py").write_text(TEST.format(number=number))
sys.exit(subprocess.run(["pytest"], check=False).returncode)
