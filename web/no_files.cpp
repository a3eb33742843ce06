// SPDX-License-Identifier: MIT
// In place of src/tokens/token_file.cpp and safetensors.cpp: a page has no files.
#include <moebius/base/error.hpp>
#include <moebius/tokens/safetensors.hpp>

namespace moebius {
namespace {

[[noreturn]] void refuse(const std::string& path) {
    throw invalid_argument("gate", path + " came", "a page reads no files");
}

}  // namespace
}  // namespace moebius

// Each by its qualified name: what no header declares does not compile.
moebius::array_place moebius::array_place_of(const std::string& path) { refuse(path); }
moebius::number_array moebius::read_npy(const std::string& path, std::size_t /*trailer*/) {
    refuse(path);
}
moebius::number_array moebius::read_safetensors(const std::string& path,
                                                std::string_view /*name*/) {
    refuse(path);
}
bool moebius::has_tensor(const std::string& path, std::string_view /*name*/) { refuse(path); }
