# What we ask of our own code; never handed on to those who use the library.
add_library(moebius_warnings INTERFACE)
target_compile_options(moebius_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion
  # g++ 12 sees overlaps in std::string that are not there (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<BOOL:${MOEBIUS_WARNINGS_AS_ERRORS}>:-Werror>>)
