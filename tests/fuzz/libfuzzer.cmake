# The targets as programs of libFuzzer. What reads is built for them with both sanitizers and libFuzzer's
# counters; the numerics behind command lines are not, which would take most of the time.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
  message(FATAL_ERROR "MOEBIUS_FUZZ needs clang++: cmake --preset fuzz")
endif()
add_library(fuzz_flags INTERFACE)
target_compile_options(fuzz_flags INTERFACE
  -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer)

set(sources)
foreach(name diagram locus_regions plane_regions)  # what readers use of continuation
  list(APPEND sources ${PROJECT_SOURCE_DIR}/src/continuation/${name}.cpp)
endforeach()
foreach(module base router model tokens io)
  file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${module}/*.cpp)
  list(APPEND sources ${found})
endforeach()
add_library(fuzz_readers STATIC ${sources})
target_compile_definitions(fuzz_readers PRIVATE MOEBIUS_VERSION="${PROJECT_VERSION}")
target_compile_features(fuzz_readers PUBLIC cxx_std_20)
target_include_directories(fuzz_readers PUBLIC ${PROJECT_SOURCE_DIR}/include)
target_include_directories(fuzz_readers SYSTEM PRIVATE ${RANDOM123_INCLUDE_DIR})
target_link_libraries(fuzz_readers
  PUBLIC Eigen3::Eigen Boost::headers fmt::fmt Threads::Threads
  PRIVATE nlohmann_json::nlohmann_json fuzz_flags)
target_precompile_headers(fuzz_readers PRIVATE
  <Eigen/Core> <fmt/format.h> <algorithm> <array> <cmath> <functional> <optional> <string> <vector>)

target_link_libraries(fuzz_harness PRIVATE fuzz_flags)
target_link_libraries(moebius_cli PRIVATE fuzz_flags)

add_custom_target(fuzz_files)    # the targets of the short run in CI
add_custom_target(fuzz_targets)  # all
foreach(reader IN LISTS files lines)
  add_executable(fuzz_${reader} ${reader}.cpp)
  target_link_options(fuzz_${reader} PRIVATE -fsanitize=fuzzer,address,undefined -no-pie)
  target_link_libraries(fuzz_${reader} PRIVATE fuzz_harness fuzz_flags)
  if(reader IN_LIST lines)
    target_link_libraries(fuzz_${reader} PRIVATE moebius_cli)
  else()
    add_dependencies(fuzz_files fuzz_${reader})
  endif()
  target_link_libraries(fuzz_${reader} PRIVATE fuzz_readers)  # before the same without counters
  add_dependencies(fuzz_targets fuzz_${reader})
endforeach()
