// SPDX-License-Identifier: MIT
#include "log_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/tokens/npy_stream.hpp>
#include <moebius/tokens/zip_archive.hpp>

#include "event_file.hpp"

namespace moebius {
namespace {

/// Formats that are known, but not read.
struct other_format {
    std::string_view start;
    std::string_view rule;
};

constexpr std::string_view pickle =
    "it is a pickle, which runs what it holds and is never opened: in Python, "
    "numpy.savez(FILE, counts=array) of what torch.load(..., weights_only=True) gives makes a log "
    "of it";
constexpr std::string_view compressed = "it is compressed: it must be unpacked first";

constexpr other_format others[] = {
    {"PAR1", "it is a Parquet file: moebius.diagnose(FILE) of the Python package reads it"},
    {"\x89HDF\r\n",
     "it is an HDF5 file: numpy.savez(FILE, counts=h5py.File(...)[...]) makes a log "
     "of it"},
    {"\x1f\x8b", compressed},
    {"\x28\xb5\x2f\xfd", compressed},
    {"BZh", compressed},
    {"\xfd"
     "7zXZ",
     compressed},
    {"GGUF", "it is a GGUF file of weights: weights are no log of loads"},
    {"PK\x05\x06", "the archive is empty: an array 'counts' or 'loads' is needed"},
};

/// Pickles of protocol 2 and later begin with \x80 and that number, older ones with what makes an
/// object of the things that loads come in.
bool is_pickle(std::string_view start) {
    if (start.size() > 1 && start[0] == '\x80' && start[1] >= 2 && start[1] <= 5) return true;
    for (const std::string_view old : {"(lp", "(dp", "(d.", "(l.", "cnumpy", "ccollections",
                                       "c__builtin__", "ccopy_reg", "ctorch", "]q", "}q"})
        if (start.starts_with(old)) return true;
    return false;
}

/// A length, and so many bytes of a JSON object.
bool is_safetensors(const log_bytes& file) {
    const auto start = file.start();
    if (start.size() < 9 || start[8] != '{') return false;
    std::uint64_t length = 0;
    std::memcpy(&length, start.data(), sizeof length);
    return length >= 2 && length < (std::uint64_t{1} << 32) &&
           length <= file.size().value_or(length);
}

}  // namespace

std::string_view name_of(log_format format) {
    constexpr std::string_view names[] = {"CSV", "JSONL",         "NPY",
                                          "NPZ", "an event file", "a safetensors file"};
    return names[static_cast<std::size_t>(format)];
}

log_bytes::log_bytes(const std::string& path, bool grows) : file_(path) {
    if (grows) {
        look_again();
        return;
    }
    start_.resize(most_start);
    start_.resize(file_.read(start_));
}

void log_bytes::look_again() {
    const std::size_t had = start_.size();
    start_.resize(most_start);
    start_.resize(had + file_.read_some(std::span(start_).subspan(had)));
}

std::size_t log_bytes::read(std::span<char> to) {
    const std::size_t part = std::min(to.size(), start_.size() - given_);
    std::copy_n(start_.begin() + static_cast<std::ptrdiff_t>(given_), part, to.begin());
    given_ += part;
    return part + (part < to.size() ? file_.read(to.subspan(part)) : 0);
}

log_format format_of(const log_bytes& file) {
    const auto start = file.start();
    const auto refuse = [&](std::string_view rule) { throw io_error(file.name(), rule); };
    if (start.empty()) refuse("it is empty, but a log is needed");
    if (start.starts_with(npy::magic)) return log_format::npy;
    if (start.starts_with(zip_archive::magic)) return log_format::npz;
    if (is_pickle(start)) refuse(pickle);
    for (const auto& other : others)
        if (start.starts_with(other.start)) refuse(other.rule);
    if (is_event_file(start)) return log_format::events;
    if (is_safetensors(file)) return log_format::weights;
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    auto text = start;
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (text.starts_with('{')) return log_format::jsonl;
    if (text.starts_with('['))
        refuse("it is one JSON array, but a record a line is needed (JSONL)");
    return log_format::csv;
}

}  // namespace moebius
