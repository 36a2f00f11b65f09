# about: curl's meter of two downloads at once.
# system: curl
. "$HELPERS/serving.sh"
curl --parallel -o one.bin "$site/one.bin?bytes=3000000&speed=1500000" -o two.bin "$site/two.bin?bytes=1000000&speed=1000000"
