// SPDX-License-Identifier: MIT
#pragma once

#include <hwy/targets.h>

#include "catch.hpp"

/// Lets vector code run as on a processor that has no more than `target`, while it lives.
class as_on {
public:
    explicit as_on(std::int64_t target) { choose(target); }
    ~as_on() { choose(0); }
    as_on(const as_on&) = delete;
    as_on& operator=(const as_on&) = delete;

private:
    static void choose(std::int64_t target) {
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    }
};

/// Calls body() as on each processor that this one can stand for, the plainest without any vectors.
template <typename Body>
void on_each_target(Body body) {
    for (const auto target : hwy::SupportedAndGeneratedTargets()) {
        INFO(hwy::TargetName(target));
        const as_on processor(target);
        body();
    }
}
