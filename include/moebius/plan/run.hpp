// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <moebius/base/watch.hpp>
#include <moebius/plan/journal.hpp>
#include <moebius/plan/plan.hpp>
#include <optional>
#include <span>
#include <vector>

namespace moebius {

/// What computes a point: fills the kept quantities. Called from several threads.
///
/// What it throws as `interrupted` leaves the point undone; any other exception is the point's
/// failure, with its sentence.
using point_work = std::function<void(const plan_point& at, std::span<double> kept)>;

/// The next number, until there is none. Called from several threads.
using number_source = std::function<std::optional<std::uint64_t>()>;

/// Which points are done, a bit each.
class done_points {
public:
    explicit done_points(std::uint64_t points) : done_(points) {}
    void add(std::uint64_t index) {
        if (!done_[index]) ++count_;
        done_[index] = true;
    }
    [[nodiscard]] bool has(std::uint64_t index) const { return done_[index]; }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

private:
    std::vector<bool> done_;
    std::uint64_t count_ = 0;
};

/// Part `part` of `parts`: points part, part + parts, ..., so that costs that grow along an axis
/// are shared.
struct shard {
    std::uint64_t part = 0, parts = 1;
};

/// The places 0, 1, ... of one process, as a source.
/// @param places  how many there are in all shards
[[nodiscard]] number_source places_of(shard of, std::uint64_t places);

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
