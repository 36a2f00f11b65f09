# about: git clones a repository.
# system: git
# command: git clone --progress file://$PWD/origin copy
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
mkdir origin && cd origin && git init -q -b main
for i in $(seq 10); do mkdir $i; for j in $(seq 12); do head -c 60000 /dev/urandom > $i/$j; done; done
git add . && git -c user.name=A -c user.email=a@example.org -c gc.auto=0 commit -qm "files" && cd ..
# Compressed hard by one thread, so that the percentages take a while.
git -C origin config pack.threads 1
git -C origin config pack.compression 9
git -C origin config core.compression 9
git clone --progress "file://$PWD/origin" copy
