"""The build the browser tests watch: ten todos, thirty tool calls, over five hundred log lines.

It stops half way until the file ``go`` is in its working directory, and with ``hold`` before its last step until
``finish`` is, so that a test decides when it goes on.
"""

from __future__ import annotations

SOURCE = """
def work(todos=10, tools=3, lines=18, pause=0.004, fail=False, hold=False):
    import pathlib, time
    from buildwidget import report

    report.todos([f"Step {step}" for step in range(todos)])
    for step in range(todos):
        if step == todos // 2:
            while not pathlib.Path("go").exists():
                time.sleep(0.02)
        while hold and step == todos - 1 and not pathlib.Path("finish").exists():
            time.sleep(0.02)
        with report.step(f"Step {step}"):
            for call in range(tools):
                with report.tool("Bash", input={"command": f"make part-{step}-{call}"}) as tool:
                    for line in range(lines):
                        print(f"step {step} call {call} line {line}")
                        time.sleep(pause)
                    tool.output = "done " * 300
            report.metric("loss", 1 / (step + 1), step=step)
            report.progress(step + 1, todos, label="steps")
    if fail:
        raise RuntimeError("the oven is cold")
    return "ready"
"""
