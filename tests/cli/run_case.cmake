# Runs PROGRAM with ARGS (words between bars) and compares: the exit code with CODE, and standard output and standard
# error with the regular expressions OUT and ERR (where they are given; ERR "none": nothing there).
string(REPLACE "|" ";" ARGS "${ARGS}")
execute_process(COMMAND ${PROGRAM} ${ARGS}
  RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE err)
set(shown "exit code ${code}\n--- standard output\n${out}\n--- standard error\n${err}")
if(NOT code EQUAL CODE)
  message(FATAL_ERROR "exit code ${CODE} was expected\n${shown}")
endif()
if(ERR STREQUAL "none")
  set(ERR "^$")
endif()
foreach(stream OUT ERR)
  string(TOLOWER ${stream} text)
  if(DEFINED ${stream} AND NOT ${text} MATCHES "${${stream}}")
    message(FATAL_ERROR "${stream} does not match: ${${stream}}\n${shown}")
  endif()
endforeach()
