# about: wget loads two files, then one with nothing but its bar.
# system: wget
mkdir from
head -c 900000 /dev/zero > from/images.tar; head -c 500000 /dev/zero > from/labels.tar; head -c 700000 /dev/zero > from/weights.bin
. "$HELPERS/serving.sh"
wget $site/from/images.tar $site/from/labels.tar
wget -q --show-progress $site/from/weights.bin
