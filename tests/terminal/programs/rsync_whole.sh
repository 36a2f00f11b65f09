# about: rsync copies 20 files and draws one line of progress for all.
# system: rsync
# command: rsync -a --info=progress2 from/ to/
# One bar for all.
mkdir from
for i in $(seq 20); do head -c 400000 /dev/zero > from/$i.bin; done
rsync -a --info=progress2 --bwlimit=3000 from/ to/
