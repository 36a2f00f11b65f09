# about: Gradle waits for its daemon and draws one row again and again, no bar; the bytes of the thread after a command line.
# source: https://github.com/gradle/gradle/issues/3219
import sys
import time

print("gradlew build\n")
sys.stdout.write("\x1b[2A\x1b[1B")
for _ in range(40):
    sys.stdout.write("\x1b[1m> Starting Daemon\x1b[m\x1b[17D\x1b[1B\x1b[1A")
    sys.stdout.flush()
    time.sleep(0.03)
