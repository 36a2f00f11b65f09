# about: sphinx-build on 30 pages, one of them with a warning.
# pypi: sphinx
# command: sphinx-build -b html . out
import pathlib
import subprocess
import sys

pathlib.Path("conf.py").write_text('project = "Demo"\nexclude_patterns = ["out"]\n')
pages = [f"page_{number:02}" for number in range(30)]
for name in pages:
    pathlib.Path(f"{name}.rst").write_text(f"{name}\n{'=' * len(name)}\n\n" + f"Text of ``{name}``.\n\n" * 200)
pathlib.Path("page_07.rst").write_text("page_07\n=======\n\nSee :ref:`nowhere`.\n")
pathlib.Path("index.rst").write_text("Demo\n====\n\n.. toctree::\n\n" + "".join(f"   {name}\n" for name in pages))
sys.exit(subprocess.run(["sphinx-build", "-b", "html", ".", "out"]).returncode)
