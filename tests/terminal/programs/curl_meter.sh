# about: curl's meter of one download.
# system: curl
. "$HELPERS/serving.sh"
curl -o data.bin "$site/data.bin?bytes=6000000&speed=1500000"
