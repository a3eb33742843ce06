# moebius_module(<target> <module> HEADERS a.hpp ... SOURCES b.cpp ...)
#
# Adds include/moebius/<module>/a.hpp and src/<module>/b.cpp to <target>. Called from
# src/<module>/CMakeLists.txt, so that each module lists its own files.
function(moebius_module target module)
  cmake_parse_arguments(arg "" "" "HEADERS;SOURCES" ${ARGN})
  list(TRANSFORM arg_HEADERS PREPEND ${PROJECT_SOURCE_DIR}/include/moebius/${module}/)
  list(TRANSFORM arg_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/src/${module}/)
  target_sources(${target}
    PRIVATE ${arg_SOURCES}
    PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${arg_HEADERS})
endfunction()
