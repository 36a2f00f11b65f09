# about: A percentage written over itself between a saved and a restored cursor, in both spellings; written after the thread.
# source: https://github.com/cloudfoundry/bosh/pull/1505
import sys
import time

SPELLINGS = (("\x1b[s", "\x1b[u"), ("\x1b7", "\x1b8"))

print("Syncing blobs...")
for name, (save, restore) in zip(("nginx/nginx-1.11.tgz", "ruby/ruby-2.3.tgz"), SPELLINGS, strict=True):
    sys.stdout.write(f"{name} {save}")
    for percent in range(0, 101, 4):
        sys.stdout.write(f"{restore}\x1b[Kdownloading {percent * 0.16:.1f}M ({percent}%)")
        sys.stdout.flush()
        time.sleep(0.03)
    print(f"{restore}\x1b[Kdownloaded")
print("done")
