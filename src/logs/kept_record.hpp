// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/logs/load_log.hpp>
#include <span>
#include <vector>

namespace moebius {

/// A record whose numbers outlive the source's next one. Moves keep it whole, copies do not.
class kept_record {
public:
    explicit kept_record(const load_record& one)
        : record_(one),
          loads_(copy_of(record_.loads)),
          scores_(copy_of(record_.scores)),
          dither_(copy_of(record_.dither)),
          moments_(copy_of(record_.moments)) {}
    kept_record(const kept_record&) = delete;
    kept_record& operator=(const kept_record&) = delete;
    kept_record(kept_record&&) noexcept = default;
    kept_record& operator=(kept_record&&) noexcept = default;
    ~kept_record() = default;

    [[nodiscard]] const load_record& record() const noexcept { return record_; }

private:
    /// Lets the span stand for the copy.
    static std::vector<double> copy_of(std::span<const double>& of) {
        std::vector<double> out(of.begin(), of.end());
        of = out;
        return out;
    }

    load_record record_;
    std::vector<double> loads_, scores_, dither_, moments_;
};

}  // namespace moebius
