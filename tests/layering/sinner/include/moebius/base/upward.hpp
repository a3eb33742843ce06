// Read by check.cmake, never compiled: the last six lines are sins.
#include <Eigen/Core>
#include <moebius/base/error.hpp>
#include <vector>

#include <cuda_runtime.h>
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/math/tools/roots.hpp>
#include <moebius/model/field.hpp>
#include <nlohmann/json.hpp>
