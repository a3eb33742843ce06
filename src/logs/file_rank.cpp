// SPDX-License-Identifier: MIT
#include "file_rank.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>

#include "column.hpp"

namespace moebius {
namespace {

/// That a file is in; empty where none is named.
std::string folder_of(std::string_view path) {
    path = path.substr(0, path.rfind('/') + 1);
    if (path.empty()) return {};
    path.remove_suffix(1);
    path.remove_prefix(path.rfind('/') + 1);
    return std::string(path);
}

/// The number at the end of a folder's name where all before it is one of the words.
std::string number_behind(std::string folder, std::initializer_list<std::string_view> words) {
    for (char& c : folder) {
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        if (std::string_view("-.= ").find(c) != std::string_view::npos) c = '_';
    }
    std::string_view word = folder;
    word = word.substr(0, word.find_last_not_of("0123456789") + 1);
    const auto number = folder.substr(word.size());
    if (word.ends_with('_')) word.remove_suffix(1);
    return std::find(words.begin(), words.end(), word) != words.end() ? number : std::string();
}

std::string number_behind_r(const std::string& path) {
    return number_behind(folder_of(path), {"r"});
}

}  // namespace

std::string rank_of_file(const std::string& path, bool reads_r) {
    const auto name = std::string_view(path).substr(path.rfind('/') + 1);
    if (const auto found = rank_in_name(name)) return found->number;
    auto of_folder = number_behind(folder_of(path), {"rank", "dp", "gpu", "worker", "dp_rank",
                                                     "ep_rank", "global_rank", "local_rank"});
    return of_folder.empty() && reads_r ? number_behind_r(path) : of_folder;
}

bool are_ranks_by_r(std::span<const std::string> paths) {
    std::set<std::string> met;
    for (const auto& path : paths) met.insert(number_behind_r(path));
    return met.size() > 1 && !met.contains("");
}

}  // namespace moebius
