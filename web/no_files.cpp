// SPDX-License-Identifier: MIT
// In place of src/tokens/token_file.cpp: a page has no files.
#include <moebius/base/error.hpp>
#include <moebius/tokens/token_file.hpp>

namespace moebius {

number_array read_npy(const std::string& path) {
    throw invalid_argument("gate", path + " came", "a page reads no files");
}

}  // namespace moebius
