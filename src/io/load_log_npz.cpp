// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <zlib.h>

#include <bit>
#include <moebius/base/error.hpp>

#include "load_log_arrays.hpp"

namespace moebius {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are copied as they are");

template <typename number>
std::string bytes_of(const std::vector<number>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(number)};
}

/// An array of NumPy's format 1.0, row-major.
std::string array_file(std::string_view kind, std::string_view shape, const std::string& data) {
    auto header =
        fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", kind, shape);
    header.append((64 - (10 + header.size() + 1) % 64) % 64, ' ');
    header += '\n';
    std::string out("\x93NUMPY\x01\x00", 8);
    out += static_cast<char>(header.size() & 0xff);
    out += static_cast<char>(header.size() >> 8);
    return out + header + data;
}

void add(std::string& to, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i) & 0xff);
}

struct member {
    std::string name, bytes;
};

/// A ZIP archive whose members are stored as they are.
std::string archive_of(const std::vector<member>& members) {
    std::string out, directory;
    for (const auto& [name, bytes] : members) {
        const auto at = static_cast<std::uint32_t>(out.size());
        std::string common;  // of both headings: version 2.0, no flags, stored, 1 January 1980
        for (const unsigned word : {20U, 0U, 0U, 0U, 33U}) add(common, word, 2);
        add(common,
            static_cast<std::uint32_t>(
                crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size())),
            4);
        for (int twice = 0; twice < 2; ++twice)
            add(common, static_cast<std::uint32_t>(bytes.size()), 4);
        add(common, static_cast<std::uint32_t>(name.size()), 2);
        add(common, 0, 2);
        out += "PK\x03\x04" + common + name + bytes;
        directory += "PK\x01\x02";
        add(directory, 20, 2);
        directory += common;
        for (const int width : {2, 2, 2, 4}) add(directory, 0, width);
        add(directory, at, 4);
        directory += name;
    }
    const auto start = static_cast<std::uint32_t>(out.size());
    out += directory + "PK\x05\x06";
    for (const int width : {2, 2}) add(out, 0, width);
    for (int twice = 0; twice < 2; ++twice) add(out, static_cast<std::uint32_t>(members.size()), 2);
    add(out, static_cast<std::uint32_t>(directory.size()), 4);
    add(out, start, 4);
    add(out, 0, 2);
    return out;
}

}  // namespace

std::string to_npz(const load_log_arrays& log) {
    const auto& probes = log.probes;
    if (log.loads() + (probes.dither.size() + probes.moments.size()) / 2 >
        (std::size_t{1} << 32) / 16)
        throw invalid_argument("load log", fmt::format("{} loads came", log.loads()),
                               "the archive may have 4 GB: fewer steps, runs or experts");
    const auto shape = fmt::format("{}, {}, {}", log.steps, log.runs, log.experts);
    const std::vector<char32_t> letters(log.config.begin(), log.config.end());
    std::vector<member> members{
        {"counts.npy", array_file("<i4", shape, bytes_of(log.counts))},
        {"scores.npy", array_file("<f8", shape, bytes_of(log.scores))},
        {"config.npy", array_file(fmt::format("<U{}", letters.size()), "", bytes_of(letters))}};
    const auto add_probe = [&](std::string name, const std::vector<double>& values,
                               const std::string& of) {
        if (!values.empty())
            members.push_back({std::move(name), array_file("<f8", of, bytes_of(values))});
    };
    add_probe("dither.npy", probes.dither, shape);
    add_probe("moments.npy", probes.moments, fmt::format("{}, {}", shape, log.experts));
    add_probe("feedback.npy", probes.feedback, fmt::format("{},", log.steps));
    return archive_of(members);
}

}  // namespace moebius
