# All from the distribution (scripts/install-deps.sh); nothing is downloaded.
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(Boost 1.74 REQUIRED CONFIG)  # CMake 3.30 warns of its own FindBoost
find_package(fmt 9 REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(hwy 1.0 REQUIRED)  # vectors of the processor that runs
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
