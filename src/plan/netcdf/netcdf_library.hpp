// SPDX-License-Identifier: MIT
#pragma once

#include <netcdf.h>
#include <netcdf_mem.h>

#include <string_view>

namespace moebius {

/// NetCDF, loaded when a dataset is first written: it brings 40 other libraries, whose loading
/// takes longer than most commands.
struct netcdf_library {
    decltype(&::nc_create_mem) create_mem;
    decltype(&::nc_close_memio) close_memio;
    decltype(&::nc_abort) abort;
    decltype(&::nc_def_dim) def_dim;
    decltype(&::nc_def_var) def_var;
    decltype(&::nc_put_att_text) put_att_text;
    decltype(&::nc_put_att_double) put_att_double;
    decltype(&::nc_put_att_schar) put_att_schar;
    decltype(&::nc_put_var_double) put_var_double;
    decltype(&::nc_put_var_schar) put_var_schar;
    decltype(&::nc_put_var_ulonglong) put_var_ulonglong;
    decltype(&::nc_put_var_string) put_var_string;
    decltype(&::nc_strerror) message;

    /// @throws io_error  naming the file, unless it succeeded
    void check(int code, std::string_view file) const;
};

/// @throws io_error  if it is not where the loader looks
[[nodiscard]] const netcdf_library& netcdf();

}  // namespace moebius
