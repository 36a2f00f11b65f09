# about: ninja builds a small project and writes over its line, with one warning of the compiler.
# system: ninja-build cmake gcc
# ninja writes "[3/20] ..." over itself, and a warning stays.
{
  echo 'cmake_minimum_required(VERSION 3.16)'
  echo 'project(example C)'
  echo 'file(GLOB parts part*.c)'
  echo 'add_library(parts STATIC ${parts})'
  echo 'add_executable(example main.c)'
  echo 'target_link_libraries(example parts)'
} > CMakeLists.txt
for i in $(seq 14); do echo "int part$i(void) { return $i; }" > part$i.c; done
echo 'int part1(void); int main(void) { int unused; return part1() - 1; }' > main.c
cmake -G Ninja -DCMAKE_C_FLAGS="-Wall -fdiagnostics-color=always" -S . -B out > /dev/null && ninja -C out -j2
