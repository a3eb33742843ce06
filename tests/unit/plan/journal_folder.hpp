// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <moebius/plan/journal.hpp>
#include <random>
#include <string>

namespace moebius {

/// An empty folder for journals, while it lives.
class journal_folder {
public:
    journal_folder()
        : path_(std::filesystem::temp_directory_path() /
                ("moebius-" + std::to_string(std::random_device{}()))) {
        std::filesystem::create_directory(path_);
    }
    journal_folder(const journal_folder&) = delete;
    journal_folder& operator=(const journal_folder&) = delete;
    ~journal_folder() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

inline journal_heading our_heading() { return {"1", "b", "here"}; }

}  // namespace moebius
