# about: cmake configures and builds a small project with makefiles, with one warning of the compiler.
# system: cmake make gcc
# "[ 45%] Building C object ..." of cmake's makefiles, after cmake's own lines.
unset MAKEFLAGS
{
  echo 'cmake_minimum_required(VERSION 3.16)'
  echo 'project(example C)'
  echo 'file(GLOB parts part*.c)'
  echo 'add_library(parts STATIC ${parts})'
  echo 'add_executable(example main.c)'
  echo 'target_link_libraries(example parts)'
} > CMakeLists.txt
for i in 1 2 3 4 5 6 7 8; do echo "int part$i(void) { return $i; }" > part$i.c; done
echo 'int part1(void); int main(void) { int unused; return part1() - 1; }' > main.c
cmake -DCMAKE_C_FLAGS=-Wall -S . -B out && cmake --build out
