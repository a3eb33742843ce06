# The Python package is built where a Python has nanobind: that of build/venv, which
# scripts/python-env.sh makes, or the first one on PATH. MOEBIUS_PYTHON says whether it is.
if(NOT DEFINED Python_EXECUTABLE AND EXISTS ${PROJECT_SOURCE_DIR}/build/venv/bin/python)
  set(Python_EXECUTABLE ${PROJECT_SOURCE_DIR}/build/venv/bin/python CACHE FILEPATH "")
endif()
find_package(Python 3.9 QUIET COMPONENTS Interpreter Development.Module)
set(found OFF)
if(Python_FOUND)
  execute_process(COMMAND ${Python_EXECUTABLE} -m nanobind --cmake_dir
    OUTPUT_STRIP_TRAILING_WHITESPACE OUTPUT_VARIABLE nanobind_ROOT RESULT_VARIABLE without ERROR_QUIET)
  if(without EQUAL 0)
    set(found ${PROJECT_IS_TOP_LEVEL})
  endif()
endif()
option(MOEBIUS_PYTHON "Build the Python package's extension (needs nanobind)" ${found})
if(MOEBIUS_PYTHON)
  if(NOT without EQUAL 0)
    message(FATAL_ERROR "MOEBIUS_PYTHON needs a Python with its headers and nanobind, as "
      "scripts/python-env.sh makes it; Python_EXECUTABLE names another one")
  endif()
  find_package(nanobind CONFIG REQUIRED)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)  # a Python extension is a shared library
endif()
