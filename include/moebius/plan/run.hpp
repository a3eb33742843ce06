// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <moebius/base/watch.hpp>
#include <moebius/plan/journal.hpp>
#include <moebius/plan/plan.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace moebius {

/// What computes a point of a plan: fills the kept quantities. Called from several threads.
///
/// What it throws as `interrupted` leaves the point undone; any other exception is the point's
/// failure, with its sentence.
using point_work = std::function<void(std::uint64_t index, std::span<double> kept)>;

/// The next number, until there is none. Called from several threads.
using number_source = std::function<std::optional<std::uint64_t>()>;

/// Part `part` of `parts`: points part, part + parts, ..., so that costs that grow along an axis
/// are shared.
struct shard {
    std::uint64_t part = 0, parts = 1;

    [[nodiscard]] bool has(std::uint64_t index) const noexcept { return index % parts == part; }

    /// Point `place` of its own.
    [[nodiscard]] std::uint64_t at(std::uint64_t place) const noexcept {
        return part + place * parts;
    }

    /// How many of all points are its own.
    [[nodiscard]] std::uint64_t size(std::uint64_t points) const noexcept {
        return points <= part ? 0 : (points - part - 1) / parts + 1;
    }
};

/// Most points of one process: a bit each in memory.
inline constexpr std::uint64_t most_points_at_once = std::uint64_t{1} << 34;

/// What is known of a shard's own points.
class known_points {
public:
    /// @throws invalid_argument  for more than most_points_at_once
    known_points(shard own, std::uint64_t points);

    /// What a journal says of a point; what is not its own is passed over. A value beats a failure.
    void add(std::uint64_t index, bool failed);

    /// Failures are to be tried again.
    void forget_failures() noexcept { failed_.clear(); }

    [[nodiscard]] bool has(std::uint64_t index) const {
        return done_[index / own_.parts] || failed_.contains(index);
    }
    [[nodiscard]] std::uint64_t failed() const noexcept { return failed_.size(); }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_ + failed(); }

private:
    shard own_;
    std::vector<bool> done_;  ///< of values
    std::unordered_set<std::uint64_t> failed_;
    std::uint64_t count_ = 0;
};

/// The name of the journal of a shard, and of one of several ranks.
[[nodiscard]] std::string journal_name(shard own);
[[nodiscard]] std::string journal_name(shard own, unsigned rank);

/// Shards of one number have no point in common, and neither have the ranks of one run, which may
/// be a shard's: all others may.
/// @param own  name of this process's journal
/// @throws io_error  if another process, which shares points in another way, writes a journal there
void require_shared_alike(const std::filesystem::path& folder, std::string_view own);

/// The places 0, 1, ... below `places`, as a source.
[[nodiscard]] number_source places_below(std::uint64_t places);

/// The first, the middle and the last of 0, ..., places - 1, each once.
[[nodiscard]] std::vector<std::uint64_t> samples_of(std::uint64_t places);

/// An order of 0, ..., places - 1 in which samples_of come first: what is wrong with all points is
/// seen early.
[[nodiscard]] std::uint64_t samples_first(std::uint64_t place, std::uint64_t places) noexcept;

/// How many places a process takes at once where `takers` threads share what is left: large blocks
/// first and single ones at the end, so that all end together.
/// @source guided self-scheduling, Polychronopoulos and Kuck, IEEE Trans. Comput. C-36 (1987), with
///         half of its blocks, since costs are not even
[[nodiscard]] std::uint64_t block_size(std::uint64_t left, std::uint64_t takers) noexcept;

/// What a run came to.
struct run_tally {
    std::uint64_t done = 0;    ///< points that have values now and had none
    std::uint64_t failed = 0;  ///< points that have a sentence
};

/// Computes points and adds each to the journal.
/// @param next     numbers of points that are wanted
/// @param threads  0: as many as the hardware runs at once
/// @param expects  points that will come, for the watch
/// @throws io_error  if the journal takes no more
run_tally run_points(const sweep_plan& plan, const number_source& next, journal& to,
                     const point_work& work, unsigned threads, std::uint64_t expects,
                     const watch& watch);

}  // namespace moebius
