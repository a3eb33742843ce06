# The page of `moebius explore` is built whenever Emscripten is found (Debian: emscripten):
# MOEBIUS_WEB says whether it is.
find_program(EMXX em++)
find_package(Python3 QUIET COMPONENTS Interpreter)  # Emscripten is written in it
if(EMXX AND Python3_FOUND)
  set(found ON)
else()
  set(found OFF)
endif()
option(MOEBIUS_WEB "Build the page that 'moebius explore' writes (needs Emscripten)" ${found})
if(MOEBIUS_WEB AND NOT (EMXX AND Python3_FOUND))
  message(FATAL_ERROR "MOEBIUS_WEB needs Emscripten: scripts/install-deps.sh web installs it")
endif()
