// SPDX-License-Identifier: MIT
#include "kept_check.hpp"

#include <algorithm>

namespace moebius::cli {

void kept_check::expect(std::vector<std::uint64_t> samples) {
    awaited_ = {samples.begin(), samples.end()};
    over_ = awaited_.empty();
}

void kept_check::note(std::uint64_t index, std::span<const found_value> kept) {
    if (over_) return;
    const std::lock_guard lock(mutex_);
    if (lacking_.empty()) lacking_.assign(kept.begin(), kept.end());
    for (std::size_t k = 0; k < kept.size(); ++k)
        if (kept[k].missing.empty()) lacking_[k] = kept[k];
    awaited_.erase(index);
    if (!awaited_.empty()) return;
    refuses_ =
        std::any_of(lacking_.begin(), lacking_.end(), [](const auto& one) { return one.misspelt; });
    over_ = true;
}

std::vector<std::string> kept_check::faults() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    for (const auto& one : lacking_)
        if (!one.missing.empty()) out.push_back(one.missing);
    return out;
}

}  // namespace moebius::cli
