# moebius_sources(<target> <module> <source>...)
#
# Adds sources to a target. With MOEBIUS_UNITY eight of a module are compiled at once, so that they
# parse what they share once: names in their anonymous namespaces are to differ within a module.
function(moebius_sources target module)
  set(place 0)
  foreach(source IN LISTS ARGN)
    math(EXPR group "${place} / 8")
    math(EXPR place "${place} + 1")
    set_source_files_properties(${source}
      TARGET_DIRECTORY ${target} PROPERTIES UNITY_GROUP ${module}_${group})
  endforeach()
  target_sources(${target} PRIVATE ${ARGN})
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${MOEBIUS_UNITY} UNITY_BUILD_MODE GROUP)
endfunction()

# moebius_module(<target> <module>)
#
# Adds the headers of include/moebius/<module> and the sources of src/<module> to <target>: a new
# file needs no line here. Called from src/<module>/CMakeLists.txt.
function(moebius_module target module)
  file(GLOB headers CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/include/moebius/${module}/*.hpp
    ${PROJECT_SOURCE_DIR}/include/moebius/${module}/detail/*.hpp)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${module}/*.cpp)
  moebius_sources(${target} ${module} ${sources})
  target_sources(${target}
    PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${headers})
endfunction()

# moebius_vector_sources(<target> <source>...)
#
# Sources that Highway compiles once for each instruction set: each includes itself, by name, so that it
# stands alone. Of x86's sets without AVX the newest is enough; vectors whose length is not known when
# they are compiled (SVE, RVV) cannot be in arrays. Products and sums are fused where MulAdd says so, and
# nowhere else: what has none gives the same bits on every processor.
function(moebius_vector_sources target)
  foreach(source IN LISTS ARGN)
    get_filename_component(folder ${source} DIRECTORY)
    get_filename_component(folder "${folder}" ABSOLUTE)
    set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES
      SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON
      INCLUDE_DIRECTORIES ${folder}
      COMPILE_OPTIONS -ffp-contract=off
      COMPILE_DEFINITIONS "HWY_DISABLED_TARGETS=(HWY_SSSE3|HWY_SVE|HWY_SVE2|HWY_SVE_256|HWY_SVE2_128|HWY_RVV)")
  endforeach()
  # Linked only: a definition of Highway's would part this library from others that share its precompiled header.
  target_include_directories(${target} SYSTEM PRIVATE
    $<BUILD_INTERFACE:$<TARGET_PROPERTY:hwy::hwy,INTERFACE_INCLUDE_DIRECTORIES>>)
  target_link_libraries(${target} PRIVATE $<LINK_ONLY:hwy::hwy>)
endfunction()
