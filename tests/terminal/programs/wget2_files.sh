# about: wget2 loads three files at once, with a bar for each in rows that it reaches with the cursor.
# system: wget2
# command: wget2 --progress=bar --max-threads=3 .../one.bin .../two.bin .../three.bin
head -c 900000 /dev/zero > one.bin; head -c 1300000 /dev/zero > two.bin; head -c 400000 /dev/zero > three.bin
. "$HELPERS/serving.sh"
wget2 --progress=bar --force-progress -P loaded --max-threads=3 $site/one.bin $site/two.bin $site/three.bin
