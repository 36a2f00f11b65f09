# about: 7z unpacks one large file and writes its percentage over itself with backspaces.
# system: p7zip-full
# command: 7z x -bsp1 in.7z
head -c 250000000 /dev/zero > large.bin
7z a -bsp0 -mx1 in.7z large.bin > /dev/null && rm large.bin
7z x -bsp1 in.7z
