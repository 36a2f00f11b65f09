# about: Some steps of two stages of a build by docker buildx, as plain lines; those of the thread without the time before each.
# source: https://github.com/docker/buildx/issues/293
import time

LINES = """\
#11 transferring context: 195.08kB 0.0s done
#11 DONE 0.0s

#12 [prep 2/3] COPY . /src
#12 CACHED

#13 [prep 3/3] RUN mkdir ./proj && cd ./src &&   find . -type f -a ( -iname ...
#13 CACHED

#14 [build 2/4] COPY --from=prep ./proj .
#14 CACHED

#15 [build 3/4] RUN --mount=type=secret,id=nuget-config,dst=/src/nuget.confi...
#15 CACHED"""

for line in LINES.splitlines():
    print(line, flush=True)
    time.sleep(0.05)
