// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/io/load_log_file.hpp>
#include <nlohmann/json.hpp>
#include <vector>

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

/// Columns NAME_1, NAME_2, ... of a table.
std::vector<const std::vector<double>*> numbered(const table& records, std::string_view name) {
    std::vector<const std::vector<double>*> out;
    for (std::size_t i = 0; i < records.names.size(); ++i)
        if (records.names[i] == fmt::format("{}_{}", name, out.size() + 1))
            out.push_back(&records.columns[i]);
    return out;
}

/// Adds an array of so many numbers a load, or a step, where there is one.
void add_probe(std::string_view name, const std::vector<double>& values, std::size_t loads,
               std::size_t each, const std::string& shape, std::vector<member>& to) {
    if (values.empty()) return;
    if (values.size() != loads * each)
        throw invalid_argument("load log",
                               fmt::format("{} numbers of {} came", values.size(), name),
                               fmt::format("{} are needed", loads * each));
    to.push_back({fmt::format("{}.npy", name), array_file("<f8", shape, bytes_of(values))});
}

}  // namespace

std::string load_log_npz(const table& records, std::string_view run_column, std::size_t choices,
                         std::string_view config, const log_probes& probes) {
    const auto& run = records.at(run_column);
    const auto loads = numbered(records, "load"), scores = numbered(records, "score"),
               control = numbered(records, "control");
    const auto rows = run.size(), experts = loads.size();
    const auto length = static_cast<std::size_t>(
        std::find_if(run.begin(), run.end(), [&](double r) { return r != run.front(); }) -
        run.begin());
    if (length < 2 || rows % length != 0)
        throw invalid_argument("load log",
                               fmt::format("{} rows came, {} of the first run", rows, length),
                               "runs are to have the same steps, two or more");
    if (rows * experts + (probes.dither.size() + probes.moments.size()) / 2 >
        (std::size_t{1} << 32) / 16)
        throw invalid_argument("load log", fmt::format("{} loads came", rows * experts),
                               "the archive may have 4 GB: fewer steps, runs or experts");
    std::vector<std::int32_t> counts;
    std::vector<double> routed;
    for (std::size_t t = 1; t < length; ++t)
        for (std::size_t first = 0; first < rows; first += length)
            for (std::size_t e = 0; e < experts; ++e) {
                counts.push_back(static_cast<std::int32_t>(
                    std::lround((*loads[e])[first + t] * static_cast<double>(choices))));
                const std::size_t before = first + t - 1;
                routed.push_back((*scores.at(e))[before] +
                                 (control.empty() ? 0 : (*control.at(e))[before]));
            }
    const auto shape = fmt::format("{}, {}, {}", length - 1, rows / length, experts);
    std::vector<char32_t> letters(config.begin(), config.end());  // ASCII
    std::vector<member> members{
        {"counts.npy", array_file("<i4", shape, bytes_of(counts))},
        {"scores.npy", array_file("<f8", shape, bytes_of(routed))},
        {"config.npy", array_file(fmt::format("<U{}", letters.size()), "", bytes_of(letters))}};
    add_probe("dither", probes.dither, counts.size(), 1, shape, members);
    add_probe("moments", probes.moments, counts.size(), experts,
              fmt::format("{}, {}", shape, experts), members);
    add_probe("feedback", probes.feedback, length - 1, 1, fmt::format("{},", length - 1), members);
    return archive_of(members);
}

std::string loop_config(const feedback_rule& rule, std::size_t tokens, std::size_t top_k) {
    const auto& controller = rule.controller;
    nlohmann::ordered_json out{
        {"top_k", top_k},      {"tokens", tokens},
        {"eta", rule.step},    {"feedback", rule.feedback},
        {"decay", rule.decay}, {"beta", rule.beta},
        {"gate", "softmax"},   {"K", rule.feedback * rule.beta / rule.decay}};
    switch (controller.law) {
        case control_law::none:
            out["balancer"] = rule.feedback == 0 ? "none" : "feedback";
            break;
        case control_law::integral:
            out["balancer"] = "integral";
            out["bias_rate"] = controller.gain * rule.step;
            out["leak"] = controller.leak;
            break;
        case control_law::sign:
        case control_law::centred_sign:
            out["balancer"] = "sign";
            out["bias_rate"] = controller.gain;
            break;
    }
    return out.dump();
}

}  // namespace moebius
