# about: aria2c loads one file over two connections.
# system: aria2
mkdir from
head -c 4194304 /dev/zero > from/model.bin
. "$HELPERS/serving.sh"
aria2c --no-conf --summary-interval=0 -x 2 -k 1M $site/from/model.bin
