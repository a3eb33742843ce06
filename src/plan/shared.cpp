// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <moebius/plan/run.hpp>

namespace moebius {
namespace {

/// How points were shared when a journal of that name was begun: the name without its own number.
std::string sharing_of(std::string_view name) {
    constexpr std::string_view digits = "0123456789";
    const auto from = std::min(name.find_first_of(digits), name.size());
    const auto to = std::min(name.find_first_not_of(digits, from), name.size());
    return std::string(name.substr(0, from)).append(name.substr(to));
}

}  // namespace

known_points::known_points(shard own, std::uint64_t points) : own_(own) {
    if (own.size(points) > most_points_at_once)
        throw invalid_argument(
            "run", fmt::format("{} points came for one process", own.size(points)),
            fmt::format("it keeps {} in mind at most: --shard PART/PARTS shares them",
                        most_points_at_once));
    done_.resize(own.size(points));
}

void known_points::add(std::uint64_t index, bool failed) {
    if (!own_.has(index)) return;
    auto done = done_[index / own_.parts];
    if (failed) {
        if (!done) failed_.insert(index);
        return;
    }
    if (!done) ++count_;
    done = true;
    failed_.erase(index);
}

std::string journal_name(shard own) {
    return fmt::format("shard-{:05}-of-{:05}.journal", own.part, own.parts);
}

std::string journal_name(unsigned rank) { return fmt::format("rank-{:05}.journal", rank); }

void require_shared_alike(const std::filesystem::path& folder, std::string_view own) {
    for (const auto& path : journals_in(folder)) {
        const auto name = path.filename().string();
        if (name != own && sharing_of(name) != sharing_of(own) && is_written(path))
            throw io_error(path.string(),
                           "another run, which shares the points in another way, is writing it: "
                           "points would be done twice");
    }
}

}  // namespace moebius
