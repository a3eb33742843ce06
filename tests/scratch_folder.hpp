// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "scratch_file.hpp"

/// A folder that goes, with all in it, when this object does.
class scratch_folder {
public:
    scratch_folder() : path(kept_.path + ".folder") { std::filesystem::create_directories(path); }
    ~scratch_folder() { std::filesystem::remove_all(path); }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    /// @param name  with folders in it, which are made
    /// @return the path
    std::string add(const std::string& name, std::string_view bytes) const {
        const auto file = std::filesystem::path(path) / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << bytes;
        return file.string();
    }

private:
    scratch_file kept_{""};

public:
    const std::string path;
};
