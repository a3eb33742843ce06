// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <moebius/plan/run.hpp>

namespace moebius::cli {

/// The processes that mpirun started for one run. All members are for the thread that joined.
class rank_group {
public:
    virtual ~rank_group() = default;

    [[nodiscard]] virtual unsigned rank() const noexcept = 0;
    [[nodiscard]] virtual unsigned size() const noexcept = 0;

    /// Waits, asleep, until all ranks are here.
    virtual void meet() = 0;

    /// Whether all ranks say the same number.
    [[nodiscard]] virtual bool agree(std::uint64_t number) = 0;

    /// Runs `work` with a source of places below `places`, of which each goes to one rank, in
    /// blocks of block_size; returns when all ranks have ended, or throws at once what `work` does.
    virtual void share(std::uint64_t places, unsigned threads,
                       const std::function<void(const number_source&)>& work) = 0;

    /// Ends all ranks.
    [[noreturn]] virtual void end(int code) = 0;
};

/// The ranks of this run; null where there is one alone, or the program was built without MPI.
[[nodiscard]] std::unique_ptr<rank_group> join_ranks();

}  // namespace moebius::cli
