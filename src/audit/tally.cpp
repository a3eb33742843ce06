// SPDX-License-Identifier: MIT
#include "tally.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace moebius {

audit_count& tally::of(std::string_view kind) {
    auto& all = report_.counts;
    const auto known =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.kind == kind; });
    if (known != all.end()) return *known;
    return all.emplace_back(audit_count{std::string(kind)});
}

void tally::not_judged(std::string_view kind, std::string_view why, std::size_t times) {
    of(kind).not_judged += times;
    const std::pair key{std::string(kind), std::string(why)};
    const auto known = std::find_if(reasons_.begin(), reasons_.end(),
                                    [&](const auto& one) { return one.first == key; });
    if (known == reasons_.end())
        reasons_.emplace_back(key, times);
    else
        known->second += times;
}

audit_report tally::report() const {
    audit_report out = report_;
    for (const auto& [what, times] : reasons_)
        out.not_judged.push_back(fmt::format("{}, {} times: {}", what.first, times, what.second));
    return out;
}

void tell_missing(const claim& of, tally& to, std::string_view kind, std::string sentence) {
    if (!of.whole)
        to.not_judged(kind, "they are on no branch, and the file follows a start alone");
    else if (of.data.search.may_miss || of.data.search.not_followed > 0)
        to.not_judged(kind, "they are on no branch, and the file says that some may be missing");
    else
        to.wrong(kind, std::move(sentence));
}

}  // namespace moebius
