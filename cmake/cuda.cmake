# The CUDA backend is built whenever a CUDA compiler is found: MOEBIUS_CUDA says whether it is.
include(CheckLanguage)
check_language(CUDA)
if(CMAKE_CUDA_COMPILER)
  set(found ON)
else()
  set(found OFF)
endif()
option(MOEBIUS_CUDA "Build the CUDA backend (needs nvcc)" ${found})

if(MOEBIUS_CUDA)
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    # A100; H100 and H200 with all their own instructions; PTX for what comes after.
    set(CMAKE_CUDA_ARCHITECTURES 80-real 90a-real 90-virtual)
  endif()
  enable_language(CUDA)
  find_package(CUDAToolkit REQUIRED)
  # Only its header: the library is loaded when several devices are asked for.
  find_path(NCCL_INCLUDE_DIR nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  mark_as_advanced(NCCL_INCLUDE_DIR)
  if(NCCL_INCLUDE_DIR)
    set(found ON)
  else()
    set(found OFF)
  endif()
  option(MOEBIUS_NCCL "Build loops over several CUDA devices (needs nccl.h)" ${found})
  # CMake 3.25 does not know that this nvcc has C++20.
  set(MOEBIUS_CUDA_OPTIONS
    $<$<COMPILE_LANGUAGE:CUDA>:-std=c++20 --expt-relaxed-constexpr -lineinfo
      -Xcompiler=-Wall,-Wextra>
    $<$<AND:$<COMPILE_LANGUAGE:CUDA>,$<BOOL:${MOEBIUS_WARNINGS_AS_ERRORS}>>:-Werror=all-warnings>)
endif()
