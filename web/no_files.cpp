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

array_place array_place_of(const std::string& path) { refuse(path); }
number_array read_npy(const std::string& path) { refuse(path); }
number_array read_safetensors(const std::string& path, std::string_view /*name*/) { refuse(path); }
bool has_tensor(const std::string& path, std::string_view /*name*/) { refuse(path); }

}  // namespace moebius
