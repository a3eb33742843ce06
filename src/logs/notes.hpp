// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace moebius {

/// Adds what is not said yet: parts of a log mostly say the same.
inline void add_note(std::vector<std::string>& to, std::string sentence) {
    if (std::find(to.begin(), to.end(), sentence) == to.end()) to.push_back(std::move(sentence));
}

inline void add_notes(std::vector<std::string>& to, std::vector<std::string> sentences) {
    for (auto& one : sentences) add_note(to, std::move(one));
}

}  // namespace moebius
