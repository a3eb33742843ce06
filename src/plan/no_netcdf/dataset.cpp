// SPDX-License-Identifier: MIT
//
// Compiled in place of src/plan/netcdf where the NetCDF library is not found.
#include <moebius/base/error.hpp>
#include <moebius/plan/dataset.hpp>

namespace moebius {

void write_dataset(const std::filesystem::path&, const sweep_plan&, const plan_rows&) {
    throw not_compiled("NetCDF (Debian package libnetcdf-dev; CSV needs none)", "MOEBIUS_NETCDF");
}

bool has_dataset() noexcept { return false; }

}  // namespace moebius
