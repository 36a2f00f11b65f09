# about: xz compresses one file and says how far it is.
# system: xz-utils
head -c 5000000 /dev/urandom > corpus.bin
xz -v -T1 -6 corpus.bin
