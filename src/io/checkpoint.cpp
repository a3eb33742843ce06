// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <moebius/base/error.hpp>
#include <moebius/base/file_reader.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/checkpoint.hpp>
#include <moebius/io/npy.hpp>
#include <moebius/tokens/token_file.hpp>
#include <span>
#include <string_view>

namespace moebius {
namespace {

constexpr std::size_t heads = 10;  // numbers before the arrays

/// Its arrays, in the order of the file.
template <typename State>
auto arrays_of(State& state) {
    return std::array{&state.parameters, &state.moments, &state.scores,
                      &state.control,    &state.records, &state.tests};
}

std::size_t length_of(const training_state& state) {
    std::size_t length = heads;
    for (const auto* array : arrays_of(state)) length += array->size();
    return length;
}

[[noreturn]] void reject(const std::filesystem::path& path, std::string_view reason) {
    throw io_error(fmt::format("cannot go on from {}", path.string()), reason);
}

/// A count that a checkpoint holds.
std::size_t count_of(const std::filesystem::path& path, double value, std::size_t most) {
    if (!(value >= 0 && value <= static_cast<double>(most)) ||
        value != static_cast<double>(static_cast<std::size_t>(value)))
        reject(path, "it is no checkpoint of a training");
    return static_cast<std::size_t>(value);
}

}  // namespace

std::uint64_t fingerprint(std::string_view text, std::uint64_t before) noexcept {
    std::uint64_t hash = before;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    return hash;
}

namespace {

/// FNV-1a takes each byte by a step that is one to one, so any one changed byte changes it for
/// certain, and other damage but for a chance of 2^-64.
std::string trailer_of(std::uint64_t fingerprint) {
    const auto bytes = std::bit_cast<std::array<char, sizeof fingerprint>>(fingerprint);
    return {bytes.data(), bytes.size()};
}

/// The array of a checkpoint whose bytes are all as they were written.
number_array checked_array(const std::filesystem::path& path) {
    constexpr std::size_t trailer = sizeof(std::uint64_t);
    file_reader file(path);
    std::string bytes(std::size_t{1} << 16, '\0');
    std::uint64_t mark = fingerprint({});
    std::size_t kept = 0;  // bytes at the front that may be the trailer
    while (const auto got = file.read(std::span(bytes).subspan(kept))) {
        kept += got;
        const std::size_t content = kept > trailer ? kept - trailer : 0;
        mark = fingerprint({bytes.data(), content}, mark);
        bytes.erase(0, content).resize(bytes.size() + content);
        kept -= content;
    }
    if (kept < trailer || bytes.substr(0, trailer) != trailer_of(mark))
        reject(path, "its checksum is not that of its bytes: they were changed, or are not all");
    return read_npy(path.string(), trailer);
}

}  // namespace

void require_checkpoint_place(const std::string& name) {
    if (array_place_of(name).path != name)
        throw io_error(name,
                       "it is the name of an array in an archive, but a checkpoint is a file");
    std::error_code none;
    if (std::filesystem::exists(name, none) && !std::filesystem::is_regular_file(name, none))
        throw io_error(name, "it is no regular file, as a checkpoint must be");
}

void save_checkpoint(const std::filesystem::path& path, std::uint64_t fingerprint,
                     const std::vector<training_state>& states) {
    std::size_t columns = heads;
    for (const auto& state : states) columns = std::max(columns, length_of(state));
    std::vector<double> numbers(states.size() * columns);
    for (std::size_t r = 0; r < states.size(); ++r) {
        const auto& state = states[r];
        double* to = numbers.data() + r * columns;
        *to++ = static_cast<double>(fingerprint >> 32);
        *to++ = static_cast<double>(fingerprint & 0xffffffff);
        *to++ = static_cast<double>(state.step);
        *to++ = state.diverged_at == training_state::sound ? -1
                                                           : static_cast<double>(state.diverged_at);
        for (const auto* array : arrays_of(state)) *to++ = static_cast<double>(array->size());
        for (const auto* array : arrays_of(state)) to = std::copy(array->begin(), array->end(), to);
    }
    auto bytes = to_npy(numbers, states.size(), columns);
    bytes += trailer_of(moebius::fingerprint(bytes));
    write_file(path, bytes, durability::synced);
}

std::optional<std::vector<training_state>> load_checkpoint(const std::filesystem::path& path,
                                                           std::uint64_t fingerprint) {
    std::error_code failure;
    if (!std::filesystem::exists(path, failure)) {
        if (failure) throw io_error(path.string(), failure.message());
        return {};
    }
    const auto [shape, values] = checked_array(path);
    if (shape.size() != 2 || shape[1] < heads) reject(path, "it is no checkpoint of a training");
    std::vector<training_state> states(shape[0]);
    for (std::size_t r = 0; r < states.size(); ++r) {
        const auto row = std::span(values).subspan(r * shape[1], shape[1]);
        if (row[0] != static_cast<double>(fingerprint >> 32) ||
            row[1] != static_cast<double>(fingerprint & 0xffffffff))
            reject(path,
                   "it is of a training with other options, or of another device's precision");
        auto& state = states[r];
        constexpr std::size_t many = std::size_t{1} << 52;
        state.step = count_of(path, row[2], many);
        if (row[3] != -1) state.diverged_at = count_of(path, row[3], many);
        std::size_t from = heads, a = 4;
        for (auto* array : arrays_of(state)) {
            const std::size_t size = count_of(path, row[a++], shape[1] - from);
            const auto part = row.subspan(from, size);
            array->assign(part.begin(), part.end());
            from += size;
        }
    }
    return states;
}

}  // namespace moebius
