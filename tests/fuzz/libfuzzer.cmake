# The targets as programs of libFuzzer. What reads is built for them with both sanitizers and libFuzzer's
# counters; the numerics behind command lines are not, which would take most of the time.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
  message(FATAL_ERROR "MOEBIUS_FUZZ needs clang++: cmake --preset fuzz")
endif()
add_library(fuzz_flags INTERFACE)
target_compile_options(fuzz_flags INTERFACE
  -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer)

# What reads, and beside it the numerics of routers and models, which take long to compile under the
# sanitizers.
function(fuzz_library name)
  add_library(${name} STATIC)
  target_compile_definitions(${name} PRIVATE MOEBIUS_VERSION="${PROJECT_VERSION}")
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/include)
  target_include_directories(${name} SYSTEM PRIVATE ${RANDOM123_INCLUDE_DIR})
  target_link_libraries(${name}
    PUBLIC Eigen3::Eigen Boost::headers fmt::fmt Threads::Threads ZLIB::ZLIB
    PRIVATE nlohmann_json::nlohmann_json)
  target_precompile_headers(${name} PRIVATE
    <Eigen/Core> <fmt/format.h> <algorithm> <array> <cmath> <functional> <optional> <string> <vector>)
endfunction()

set(router ${PROJECT_SOURCE_DIR}/src/router)
set(reading ${router}/choice.cpp ${router}/registry.cpp ${router}/setting_reader.cpp)
file(GLOB numerics CONFIGURE_DEPENDS ${router}/*.cpp)
list(REMOVE_ITEM numerics ${reading})
fuzz_library(fuzz_numerics)
moebius_sources(fuzz_numerics router ${numerics})
moebius_vector_sources(fuzz_numerics
  ${router}/best_rows.cpp ${router}/vector_choice.cpp ${router}/vector_gap.cpp
  ${PROJECT_SOURCE_DIR}/src/model/logistic_columns.cpp)
file(GLOB numerics CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/model/*.cpp)
moebius_sources(fuzz_numerics model ${numerics})

fuzz_library(fuzz_readers)
moebius_sources(fuzz_readers router ${reading})
foreach(module base equations tokens io logs plan)
  file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${module}/*.cpp)
  moebius_sources(fuzz_readers ${module} ${found})
endforeach()
moebius_vector_sources(fuzz_readers
  ${PROJECT_SOURCE_DIR}/src/base/random_planes.cpp ${PROJECT_SOURCE_DIR}/src/base/lane_sums.cpp
  ${PROJECT_SOURCE_DIR}/src/tokens/normal_logits.cpp ${PROJECT_SOURCE_DIR}/src/tokens/digit_cells.cpp)
set_source_files_properties(${PROJECT_SOURCE_DIR}/src/io/gnuplot.cpp TARGET_DIRECTORY fuzz_readers
  PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)  # figures.cpp has its own
fuzz_library(fuzz_used)  # what readers use of modules that command lines bring whole
foreach(name continuation/diagram continuation/locus_regions continuation/plane_regions train/score_probe)
  target_sources(fuzz_used PRIVATE ${PROJECT_SOURCE_DIR}/src/${name}.cpp)
endforeach()
target_link_libraries(fuzz_readers PRIVATE fuzz_flags)

target_link_libraries(fuzz_harness PRIVATE fuzz_flags)
target_link_libraries(moebius_cli PRIVATE fuzz_flags)

add_custom_target(fuzz_files)    # the targets of the short run in CI
add_custom_target(fuzz_targets)  # all
foreach(reader IN LISTS files lines)
  add_executable(fuzz_${reader} ${reader}.cpp)
  target_link_options(fuzz_${reader} PRIVATE -fsanitize=fuzzer,address,undefined -no-pie)
  target_link_libraries(fuzz_${reader} PRIVATE fuzz_harness fuzz_flags)
  if(reader IN_LIST lines)  # what has counters before the same without them
    target_link_libraries(fuzz_${reader} PRIVATE
      moebius_cli $<LINK_GROUP:RESCAN,fuzz_readers,fuzz_numerics>)
  else()
    target_link_libraries(fuzz_${reader} PRIVATE
      $<LINK_GROUP:RESCAN,fuzz_readers,fuzz_numerics,fuzz_used>)
    add_dependencies(fuzz_files fuzz_${reader})
  endif()
  add_dependencies(fuzz_targets fuzz_${reader})
endforeach()
