// SPDX-License-Identifier: MIT
#include "npz.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/tokens/npy_stream.hpp>
#include <moebius/tokens/zip_archive.hpp>
#include <string>

namespace moebius::npz {
namespace {

std::string_view bare(std::string_view name) {
    return name.ends_with(".npy") ? name.substr(0, name.size() - 4) : name;
}

const packed_file& find(const zip_archive& from, std::string_view name) {
    const auto files = from.files();
    if (name.empty() && files.size() == 1) return files.front();
    if (const auto* found = name.empty() ? nullptr : from.find(name)) return *found;
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(8, files.size()); ++i)
        names += (i > 0 ? ", " : "") + excerpt(bare(files[i].name));
    if (files.size() > 8) names += ", ...";
    const auto all = files.size() == 1 ? std::string("its only array is")
                                       : fmt::format("its {} arrays are", files.size());
    from.fail(
        fmt::format("{} {}: {}", all, names,
                    name.empty() ? "FILE.npz:NAME is needed" : excerpt(name) + " is not there"));
}

}  // namespace

number_array read(file_reader& file, std::string_view name) {
    zip_archive from(file);
    unpacked_bytes bytes(from, find(from, name));
    std::string start(npy::magic.size(), '\0');
    start.resize(bytes.read(start));
    if (start != npy::magic) from.fail("what it holds is not an NPY file");
    npy_stream array(bytes);
    number_array result{array.shape(), array.read_all(bytes.most_numbers())};
    bytes.finish();
    return result;
}

}  // namespace moebius::npz
