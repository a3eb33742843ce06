// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace moebius {

/// A file that is read from the front.
class file_reader {
public:
    /// @throws io_error naming the path and the reason; for a device, which may have no end
    explicit file_reader(const std::filesystem::path& path);
    file_reader(const file_reader&) = delete;
    file_reader& operator=(const file_reader&) = delete;
    ~file_reader();

    /// The next bytes, as many as `to` takes; fewer at the end alone.
    /// @throws io_error naming the path and the reason
    [[nodiscard]] std::size_t read(std::span<char> to);

    /// How many bytes the file has in all; nothing for a pipe and the like, which cannot go back.
    [[nodiscard]] std::optional<std::size_t> size() const;
    /// Reads on at that byte, which a file with a size can.
    void go_to(std::size_t byte);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    std::string name_;
    int fd_;
};

}  // namespace moebius
