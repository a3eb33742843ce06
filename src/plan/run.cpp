// SPDX-License-Identifier: MIT
#include <algorithm>
#include <limits>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/plan/run.hpp>
#include <mutex>
#include <thread>

namespace moebius {
namespace {

/// What the threads of a run share.
struct shared_run {
    const sweep_plan& plan;
    const number_source& next;
    journal& to;
    const point_work& work;
    const watch& watched;
    std::uint64_t expects;
    std::atomic<bool> ended = false;  ///< a thread met a fault that all end with
    std::mutex telling = {};
    run_tally tally = {};

    void count(bool failed) {
        const std::lock_guard lock(telling);
        ++(failed ? tally.failed : tally.done);
        if (watched.report) watched.report(tally.done + tally.failed, expects);
    }

    /// @return false if the point was interrupted
    bool do_point(std::uint64_t index, std::vector<double>& kept) {
        std::fill(kept.begin(), kept.end(), std::numeric_limits<double>::quiet_NaN());
        std::string sentence;
        bool failed = false;
        try {
            work(index, kept);
        } catch (const interrupted&) {
            return false;
        } catch (const std::exception& e) {
            failed = true;
            sentence = e.what();
        }
        if (failed)
            to.add_failure(index, sentence);
        else
            to.add(index, kept);
        count(failed);
        return true;
    }

    void run() try {
        std::vector<double> kept(plan.keep.size());
        while (!watched.stopping() && !ended) {
            const auto index = next();
            if (!index || !do_point(*index, kept)) return;
        }
    } catch (...) {
        ended = true;
        throw;
    }
};

}  // namespace

number_source places_below(std::uint64_t places) {
    return [places, at = std::make_shared<std::atomic<std::uint64_t>>(0)] {
        const auto place = at->fetch_add(1, std::memory_order_relaxed);
        return place < places ? std::optional(place) : std::nullopt;
    };
}

std::vector<std::uint64_t> samples_of(std::uint64_t places) {
    std::vector<std::uint64_t> out;
    for (const auto place : {std::uint64_t{0}, places / 2, places - 1})
        if (place < places && (out.empty() || place != out.back())) out.push_back(place);
    return out;
}

std::uint64_t samples_first(std::uint64_t place, std::uint64_t places) noexcept {
    constexpr std::uint64_t few = 6;  // they come soon in any order
    if (places < few) return place;
    for (const auto& [early, sample] :
         {std::pair{std::uint64_t{1}, places / 2}, std::pair{std::uint64_t{2}, places - 1}}) {
        if (place == early) return sample;
        if (place == sample) return early;
    }
    return place;
}

std::uint64_t block_size(std::uint64_t left, std::uint64_t takers) noexcept {
    return std::min(left, std::max<std::uint64_t>(1, left / (2 * takers)));
}

run_tally run_points(const sweep_plan& plan, const number_source& next, journal& to,
                     const point_work& work, unsigned threads, std::uint64_t expects,
                     const watch& watch) {
    if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
    shared_run shared{plan, next, to, work, watch, expects};
    parallel_for(threads, threads, [&](std::size_t) { shared.run(); });
    to.sync();
    return shared.tally;
}

}  // namespace moebius
