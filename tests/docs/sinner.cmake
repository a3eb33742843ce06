# cmake -P sinner.cmake: whether check.cmake names the faults of sinner/, those of faults.txt and no
# other, and fails.
cmake_minimum_required(VERSION 3.25)

set(here ${CMAKE_CURRENT_LIST_DIR})
execute_process(
  COMMAND ${CMAKE_COMMAND} -D root=${here}/sinner -P ${here}/check.cmake
  RESULT_VARIABLE status ERROR_VARIABLE said)
string(REGEX REPLACE "CMake Error.*" "" said "${said}")
file(READ ${here}/faults.txt faults)
if(status EQUAL 0)
  message(FATAL_ERROR "the check passed a tree of faults")
elseif(NOT said STREQUAL faults)
  message(FATAL_ERROR "the check said\n${said}\nand not, as faults.txt,\n${faults}")
endif()
