# about: make runs four compilers at once, each with a warning; nobody draws a bar.
# system: make gcc
# command: make -j4
# No bar: the lines of a parallel make, some of them coloured and from two jobs at once.
unset MAKEFLAGS
for i in $(seq 12); do echo "int part$i(void) { int unused; return $i; }" > part$i.c; done
printf '%s\n' 'objects := $(patsubst %.c,%.o,$(wildcard *.c))' 'library.a: $(objects)' '	ar rcs $@ $^' \
  '%.o: %.c' '	cc -Wall -fdiagnostics-color=always -c -o $@ $<' > Makefile
make -j4
