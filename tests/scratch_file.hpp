// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>

/// A file with given bytes and a name of its own that lives as long as this object.
class scratch_file {
public:
    explicit scratch_file(std::string_view bytes, std::string_view ending = "") {
        static std::atomic<int> number = 0;
        const std::uint64_t process = std::random_device{}();  // tests run side by side
        path = (std::filesystem::temp_directory_path() /
                ("moebius-" + std::to_string(process) + "-" + std::to_string(number++) +
                 std::string(ending)))
                   .string();
        std::ofstream(path, std::ios::binary) << bytes;
    }
    scratch_file(const scratch_file&) = delete;
    scratch_file& operator=(const scratch_file&) = delete;
    ~scratch_file() { std::filesystem::remove(path); }

    std::string path;
};
