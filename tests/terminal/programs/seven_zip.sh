# about: 7z packs four files and writes its percentage over itself with backspaces.
# system: p7zip-full
# command: 7z a -bsp1 -mmt1 out.7z files
mkdir files
for i in 1 2 3 4; do head -c 1200000 /dev/urandom > files/$i.bin; done
7z a -bsp1 -mmt1 out.7z files
