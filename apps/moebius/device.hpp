// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <moebius/backend/backend.hpp>
#include <string>

#include "counts.hpp"

namespace moebius::cli {

/// Where routers run.
struct device_option {
    std::string name = "auto";
    unsigned threads = 0;

    void add_to(CLI::App& sub) {
        sub.add_option(
               "--device", name,
               "auto, cpu, cuda, cuda:NUMBER or cuda:NUMBER,NUMBER,...; changes no number, but "
               "devices train in single precision")
            ->capture_default_str();
        add_count(sub, "--threads", threads, "of the CPU; 0: all; changes no number");
    }

    /// @throws invalid_argument, device_error, not_compiled  as make_backend
    [[nodiscard]] std::shared_ptr<const backend> open() const {
        return make_backend(name, threads);
    }
};

}  // namespace moebius::cli
