// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <moebius/plan/run.hpp>
#include <optional>
#include <regex>

namespace moebius {
namespace {

/// Whose a journal is, as its name says.
struct owner {
    std::uint64_t part = 0, parts = 1;
    bool is_rank = false;
};

std::optional<owner> owner_of(const std::string& name) {
    static const std::regex form("(?:shard-(\\d{1,19})-of-(\\d{1,19}))?(-?rank-\\d+)?\\.journal");
    std::smatch words;
    if (!std::regex_match(name, words, form)) return std::nullopt;
    owner out;
    out.is_rank = words[3].matched;
    if (words[1].matched) out.part = std::stoull(words[1]), out.parts = std::stoull(words[2]);
    return out;
}

/// Whether the writers of two journals never do the same point.
bool share(const std::string& one, const std::string& other) {
    const auto a = owner_of(one), b = owner_of(other);
    return a && b && a->parts == b->parts && (a->part != b->part || (a->is_rank && b->is_rank));
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

std::string journal_name(shard own, unsigned rank) {
    if (own.parts == 1) return fmt::format("rank-{:05}.journal", rank);
    return fmt::format("shard-{:05}-of-{:05}-rank-{:05}.journal", own.part, own.parts, rank);
}

void require_shared_alike(const std::filesystem::path& folder, std::string_view own) {
    for (const auto& path : journals_in(folder)) {
        const auto name = path.filename().string();
        if (name != own && !share(name, std::string(own)) && is_written(path))
            throw io_error(path.string(),
                           "another run, which shares the points in another way, is writing it: "
                           "points would be done twice");
    }
}

}  // namespace moebius
