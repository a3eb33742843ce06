// SPDX-License-Identifier: MIT
// One small log, and how it looks in each format: bytes are made here by the formats' own rules.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <moebius/base/error.hpp>
#include <moebius/logs/log_file.hpp>
#include <string>
#include <utility>
#include <vector>

#include "scratch_file.hpp"

namespace moebius::sample {

constexpr int steps = 6, layers = 2, experts = 4;

/// Odd and even counts that sum to 1000 in every record.
inline int count(int step, int layer, int expert) {
    const int tilt = 10 * layer + 3 * step + (step * expert) % 5;
    return expert == 3
               ? 1000 - count(step, layer, 0) - count(step, layer, 1) - count(step, layer, 2)
               : 250 + (expert - 1) * tilt + 7 * expert;
}
/// Exact in binary and in a few decimal digits.
inline double bias(int step, int layer, int expert) { return 0.25 * expert - 0.125 * step + layer; }

/// Calls for each cell in order.
inline void each(const std::function<void(int, int, int)>& cell) {
    for (int s = 0; s < steps; ++s)
        for (int l = 0; l < layers; ++l)
            for (int e = 0; e < experts; ++e) cell(s, l, e);
}

template <typename T>
void append(std::string& to, T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    to.append(bytes, sizeof value);
}

/// NumPy's format 1.0.
inline std::string npy(const std::string& type, const std::string& shape, const std::string& data,
                       bool fortran = false) {
    std::string header = "{'descr': '" + type +
                         "', 'fortran_order': " + (fortran ? "True" : "False") +
                         ", 'shape': " + shape + ", }\n";
    std::string out("\x93NUMPY\x01\x00", 8);
    append(out, static_cast<std::uint16_t>(header.size()));
    return out + header + data;
}

template <typename T>
std::string counts_as(double scale = 1) {
    std::string data;
    each([&](int s, int l, int e) { append(data, static_cast<T>(scale * count(s, l, e))); });
    return data;
}

/// The checksum of zip, bit by bit.
inline std::uint32_t crc32(const std::string& bytes) {
    std::uint32_t crc = ~0U;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
    }
    return ~crc;
}

/// A zip archive of plain files. @source PKWARE, APPNOTE.TXT 6.3, section 4.3
inline std::string zip(const std::vector<std::pair<std::string, std::string>>& files) {
    std::string out, list;
    for (const auto& [name, data] : files) {
        std::string about;
        append<std::uint16_t>(about, 20);  // version needed
        append<std::uint32_t>(about, 0);   // flags, method
        append<std::uint32_t>(about, 0);   // time
        append<std::uint32_t>(about, crc32(data));
        append(about, static_cast<std::uint32_t>(data.size()));
        append(about, static_cast<std::uint32_t>(data.size()));
        append(about, static_cast<std::uint16_t>(name.size()));
        append<std::uint16_t>(about, 0);  // more
        list += std::string("PK\x01\x02\x14\x00", 6) + about + std::string(10, '\0');
        append(list, static_cast<std::uint32_t>(out.size()));
        list += name;
        out += "PK\x03\x04" + about + name + data;
    }
    const auto at = static_cast<std::uint32_t>(out.size());
    out += list + std::string("PK\x05\x06\x00\x00\x00\x00", 8);
    append(out, static_cast<std::uint16_t>(files.size()));
    append(out, static_cast<std::uint16_t>(files.size()));
    append(out, static_cast<std::uint32_t>(list.size()));
    append(out, at);
    return out + std::string(2, '\0');
}

/// A field of Protocol Buffers with bytes, and one with a number; all are shorter than 128.
inline std::string field(int number, const std::string& bytes) {
    return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}
inline std::string field(int number, int value) {
    return {static_cast<char>(number << 3), static_cast<char>(value)};
}

/// TensorBoard's record, whose checksums are masked ones of Castagnoli, bit by bit.
inline std::string event_record(const std::string& event) {
    const auto append_crc = [](std::string& to, const std::string& bytes) {
        std::uint32_t crc = ~0U;
        for (const char byte : bytes) {
            crc ^= static_cast<unsigned char>(byte);
            for (int bit = 0; bit < 8; ++bit)
                crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U);
        }
        append(to, ((~crc >> 15) | (~crc << 17)) + 0xa282ead8U);
    };
    std::string out;
    append(out, static_cast<std::uint64_t>(event.size()));
    append_crc(out, out);
    out += event;
    append_crc(out, event);
    return out;
}

/// A record for each cell and name: its tag, and the count times a scale.
inline std::string events(
    const std::vector<std::pair<std::function<std::string(int, int)>, float>>& tags, int from = 0,
    int to = steps) {
    std::string out;
    each([&](int s, int l, int e) {
        for (const auto& [name, scale] : tags) {
            std::string value = field(1, name(l, e)) + '\x15';
            append(value, scale * static_cast<float>(count(s, l, e)));
            if (s >= from && s < to) out += event_record(field(2, s) + field(5, field(1, value)));
        }
    });
    return out;
}

inline std::string long_csv(char separator = ',') {
    std::string out = "step,layer,expert,tokens,bias\n";
    each([&](int s, int l, int e) {
        out += std::to_string(s) + ',' + std::to_string(l) + ',' + std::to_string(e) + ',' +
               std::to_string(count(s, l, e)) + ',' + std::to_string(bias(s, l, e)) + '\n';
    });
    for (char& c : out)
        if (c == ',') c = separator;
    return out;
}

/// A row a step, a column an expert, as `name` calls it; times a scale.
inline std::string wide_csv(const std::function<std::string(int, int)>& name, double scale = 1) {
    std::string out = "step";
    for (int l = 0; l < layers; ++l)
        for (int e = 0; e < experts; ++e) out += ',' + name(l, e);
    each([&](int s, int l, int e) {
        if (l == 0 && e == 0) out += '\n' + std::to_string(s);
        const double value = scale * count(s, l, e);
        out += ',' + (scale == 1 ? std::to_string(count(s, l, e)) : std::to_string(value));
    });
    return out + '\n';
}

/// What a source says, cell by cell.
struct cell {
    std::int64_t step;
    std::string layer;
    std::size_t expert;
    double load, score;
    bool operator==(const cell&) const = default;
};
inline std::vector<cell> cells_of(log_source& source) {
    std::vector<cell> out;
    for (load_record one; source.next(one);)
        for (std::size_t e = 0; e < one.loads.size(); ++e)
            out.push_back({one.step, source.head().layers.at(one.layer), e, one.loads[e],
                           one.scores.empty() ? -1 : one.scores[e]});
    return out;
}
/// What the sample is.
inline std::vector<cell> cells(bool with_bias) {
    std::vector<cell> out;
    each([&](int s, int l, int e) {
        out.push_back({s, std::to_string(l), static_cast<std::size_t>(e),
                       static_cast<double>(count(s, l, e)), with_bias ? bias(s, l, e) : -1});
    });
    return out;
}

/// The one log in files of these bytes.
inline opened_log open(const std::vector<std::string>& files, const log_options& options = {}) {
    std::vector<std::string> paths;
    std::vector<std::unique_ptr<scratch_file>> kept;
    for (const auto& bytes : files) {
        kept.push_back(std::make_unique<scratch_file>(bytes));
        paths.push_back(kept.back()->path);
    }
    auto logs = open_logs(paths, options);
    return std::move(logs.at(0));  // an open file outlives its name
}
inline std::vector<cell> read(const std::vector<std::string>& files,
                              const log_options& options = {}) {
    return cells_of(*open(files, options).source);
}

/// What opening and reading a file says; the name of the file is "FILE".
inline std::string refusal_of(const std::string& bytes, const log_options& options = {}) {
    const scratch_file file(bytes);
    std::string sentence = "(nothing)";
    try {
        const std::vector<std::string> paths{file.path};
        for (auto& log : open_logs(paths, options)) (void)cells_of(*log.source);
    } catch (const error& e) {
        sentence = e.what();
    }
    if (const auto at = sentence.find(file.path); at != sentence.npos)
        sentence.replace(at, file.path.size(), "FILE");
    return sentence;
}

/// Whether a sentence has that part.
inline bool says(const std::vector<std::string>& notes, const std::string& part) {
    return std::any_of(notes.begin(), notes.end(),
                       [&](const std::string& note) { return note.find(part) != note.npos; });
}

}  // namespace moebius::sample
