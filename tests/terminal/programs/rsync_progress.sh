# about: rsync copies three files and draws a line of progress below the name of each.
# system: rsync
# command: rsync -a --progress from/ to/
# One bar a file.
mkdir from
for name in first second third; do head -c 3000000 /dev/zero > from/$name.bin; done
rsync -a --progress --bwlimit=3000 from/ to/
