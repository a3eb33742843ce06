// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/audit/audit.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moebius {

/// Counts what was judged.
class tally {
public:
    void right(std::string_view kind) { ++of(kind).judged; }

    void wrong(std::string_view kind, std::string sentence) {
        auto& count = of(kind);
        ++count.judged;
        ++count.wrong;
        report_.faults.push_back(std::move(sentence));
    }

    void not_judged(std::string_view kind, std::string_view why, std::size_t times = 1);

    /// Right if the sentence is empty, else wrong.
    void judge(std::string_view kind, std::string fault) {
        if (fault.empty())
            right(kind);
        else
            wrong(kind, std::move(fault));
    }

    [[nodiscard]] audit_report report() const;

private:
    audit_count& of(std::string_view kind);

    audit_report report_;
    std::vector<std::pair<std::pair<std::string, std::string>, std::size_t>> reasons_;
};

/// Something that is on no branch: wrong, unless the file says itself that it may lack some.
void tell_missing(const claim& of, tally& to, std::string_view kind, std::string sentence);

}  // namespace moebius
