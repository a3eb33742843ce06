// SPDX-License-Identifier: MIT
#include "netcdf_library.hpp"

#include <dlfcn.h>

#include <moebius/base/error.hpp>

namespace moebius {
namespace {

netcdf_library load() {
    constexpr const char* name = MOEBIUS_NETCDF_NAME;
    void* const library = dlopen(name, RTLD_NOW);
    if (library == nullptr)
        throw io_error(name, "it is not found: install NetCDF, or name a table (.csv)");
    const auto find = [library]<typename F>(F& function, const char* of) {
        function = reinterpret_cast<F>(dlsym(library, of));
        if (function == nullptr) throw io_error(name, "it lacks a function of 4.x");
    };
    netcdf_library out{};
    find(out.create_mem, "nc_create_mem");
    find(out.close_memio, "nc_close_memio");
    find(out.abort, "nc_abort");
    find(out.def_dim, "nc_def_dim");
    find(out.def_var, "nc_def_var");
    find(out.put_att_text, "nc_put_att_text");
    find(out.put_att_double, "nc_put_att_double");
    find(out.put_att_schar, "nc_put_att_schar");
    find(out.put_var_double, "nc_put_var_double");
    find(out.put_var_schar, "nc_put_var_schar");
    find(out.put_var_ulonglong, "nc_put_var_ulonglong");
    find(out.put_var_string, "nc_put_var_string");
    find(out.message, "nc_strerror");
    return out;
}

}  // namespace

void netcdf_library::check(int code, std::string_view file) const {
    if (code != NC_NOERR) throw io_error(file, message(code));
}

const netcdf_library& netcdf() {
    static const netcdf_library library = load();
    return library;
}

}  // namespace moebius
