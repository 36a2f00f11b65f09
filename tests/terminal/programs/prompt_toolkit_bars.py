# about: Two bars of prompt_toolkit, one per thread.
# pypi: prompt_toolkit
import threading
import time

from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.shortcuts import ProgressBar

with create_pipe_input() as keyboard, ProgressBar(title="Two tasks", input=keyboard) as bars:

    def run(label, count, seconds):
        for _ in bars(range(count), label=label):
            time.sleep(seconds)

    threads = [threading.Thread(target=run, args=task) for task in (("first", 40, 0.04), ("second", 20, 0.06))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
