# about: curl's bar of hashes for two downloads.
# system: curl
. "$HELPERS/serving.sh"
curl -# -o data.bin "$site/data.bin?bytes=3000000&speed=1500000"
curl --progress-bar -o more.bin "$site/more.bin?bytes=2000000&speed=2000000"
