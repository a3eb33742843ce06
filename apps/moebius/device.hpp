// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/backend/backend.hpp>
#include <moebius/io/option_table.hpp>
#include <string>
#include <utility>

#include "standard_streams.hpp"

namespace moebius::cli {

/// Threads of the CPU; no result holds them.
inline void add_threads(option_table& table, unsigned& threads) {
    table.add("threads", threads, "of the CPU; 0: all; changes no number",
              {.kept = option_kept::never});
}

/// Where routers run.
struct device_option {
    std::string name = "auto";
    unsigned threads = 0;

    /// Of what a device refuses, so that `auto` runs it on the CPU, each reason is told once.
    /// @throws invalid_argument, device_error, not_compiled  as make_backend
    [[nodiscard]] std::shared_ptr<const backend> open() const {
        return make_backend(name, threads, [last = std::string()](const refusal& why) mutable {
            if (last != std::exchange(last, why.got))
                tell("--device auto: this ran on the CPU: " + why.got + ", but " + why.needed);
        });
    }
};

inline void add_to(option_table& table, device_option& device) {
    table.add("device", device.name,
              "auto, cpu, cuda, cuda:NUMBER or cuda:NUMBER,NUMBER,...; changes no number, but "
              "devices train in single precision",
              {.kept = option_kept::never});
    add_threads(table, device.threads);
}

}  // namespace moebius::cli
