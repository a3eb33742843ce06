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
    /// A file of more bytes is not left in the system's cache, where it would push out all others;
    /// and where memory is a virtual machine's, pages it has not had yet cost more than a disk
    /// does.
    [[nodiscard]] static std::size_t quarter_of_memory();

    /// @throws io_error naming the path and the reason; for a device, which may have no end
    explicit file_reader(const std::filesystem::path& path,
                         std::size_t most_cached = quarter_of_memory());
    file_reader(const file_reader&) = delete;
    file_reader& operator=(const file_reader&) = delete;
    ~file_reader();

    /// The next bytes, as many as `to` takes; fewer at the end alone.
    /// @throws io_error naming the path and the reason
    [[nodiscard]] std::size_t read(std::span<char> to);

    /// The bytes that are there now, as many as `to` takes; none where a pipe's are yet to come, or
    /// at the end.
    /// @throws io_error naming the path and the reason
    [[nodiscard]] std::size_t read_some(std::span<char> to);

    /// Whether read_some() met the end of a pipe, or of the standard input: no more comes.
    [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }

    /// The first bytes as they are now, as many as `to` takes, wherever it reads on; of a file with
    /// a size.
    /// @throws io_error naming the path and the reason
    [[nodiscard]] std::size_t read_start(std::span<char> to) const;

    /// Whether another file has its name now; not where none has it.
    [[nodiscard]] bool was_moved() const;

    /// How many bytes the file has in all; nothing for a pipe and the like, which cannot go back.
    [[nodiscard]] std::optional<std::size_t> size() const;
    /// Reads on at that byte, which a file with a size can.
    void go_to(std::size_t byte);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    [[nodiscard]] std::size_t read_once(std::span<char> to);
    void uncache_behind();

    std::string name_;
    int fd_;
    bool is_cached_ = true, is_input_ = false;
    std::size_t at_ = 0, cached_from_ = 0;
    bool has_ended_ = false;
};

}  // namespace moebius
