# moebius_module(<target> <module>)
#
# Adds the headers of include/moebius/<module> and the sources of src/<module> to <target>: a new
# file needs no line here. Called from src/<module>/CMakeLists.txt.
function(moebius_module target module)
  file(GLOB headers CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/include/moebius/${module}/*.hpp
    ${PROJECT_SOURCE_DIR}/include/moebius/${module}/detail/*.hpp)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${module}/*.cpp)
  target_sources(${target}
    PRIVATE ${sources}
    PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${headers})
endfunction()
