# about: Two bars of enlighten at the bottom of the screen while lines are printed above them.
# pypi: enlighten
import time

import enlighten

manager = enlighten.get_manager()
status = manager.status_bar("Stage: compile", justify=enlighten.Justify.CENTER)
total = manager.counter(total=60, desc="All", unit="files")
part = manager.counter(total=20, desc="Part", unit="files", leave=False)
for number in range(60):
    time.sleep(0.03)
    total.update()
    if number < 20:
        part.update()
    if number % 10 == 0:
        print(f"compiled module_{number}.c")
    if number == 19:
        part.close()
        status.update("Stage: link")
manager.stop()
print("linked")
