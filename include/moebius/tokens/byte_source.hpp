// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <limits>
#include <moebius/base/file_reader.hpp>
#include <optional>
#include <span>
#include <string>

namespace moebius {

/// Bytes that are read from the front: of a file, or of what is packed in one.
class byte_source {
public:
    virtual ~byte_source() = default;

    /// The next bytes, as many as `to` takes; fewer at the end alone.
    /// @throws io_error
    [[nodiscard]] virtual std::size_t read(std::span<char> to) = 0;
    /// How many there are in all; nothing for a pipe and the like.
    [[nodiscard]] virtual std::optional<std::size_t> size() const = 0;
    /// How many numbers may be made of them: what is packed is not to take any memory it likes.
    [[nodiscard]] virtual std::size_t most_numbers() const {
        return std::numeric_limits<std::size_t>::max();
    }
    /// For sentences.
    [[nodiscard]] virtual const std::string& name() const noexcept = 0;
};

class file_bytes final : public byte_source {
public:
    explicit file_bytes(file_reader& file) : file_(file) {}

    std::size_t read(std::span<char> to) override { return file_.read(to); }
    std::optional<std::size_t> size() const override { return file_.size(); }
    const std::string& name() const noexcept override { return file_.name(); }

private:
    file_reader& file_;
};

}  // namespace moebius
