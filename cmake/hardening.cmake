# What makes a fault of ours hard to use by a stranger's file, in release builds: tests/hardening looks
# whether the program has it. The sanitizers' builds check more than this by themselves.
include(CheckCXXCompilerFlag)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

add_library(moebius_hardening INTERFACE)
foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection)
  string(MAKE_C_IDENTIFIER "MOEBIUS_HAS${flag}" known)
  check_cxx_compiler_flag(${flag} ${known})  # the last is of x86 alone
  if(${known})
    target_compile_options(moebius_hardening INTERFACE $<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:${flag}>)
  endif()
endforeach()
# Level 3 is level 2 where the compiler or the C library is older; some distributions set one already.
target_compile_options(moebius_hardening INTERFACE
  $<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3;-D_GLIBCXX_ASSERTIONS>)
target_link_options(moebius_hardening INTERFACE
  $<$<CONFIG:Release>:LINKER:-z,relro,-z,now,-z,noexecstack>)
