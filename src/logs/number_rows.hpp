// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/tokens/npy_stream.hpp>
#include <moebius/tokens/zip_archive.hpp>
#include <span>
#include <string>
#include <vector>

namespace moebius {

/// An array in row-major order, some numbers at a time; in Fortran's order it is read whole first.
class number_rows {
public:
    explicit number_rows(std::unique_ptr<byte_source> behind_magic)
        : bytes_(std::move(behind_magic)), array_(*bytes_) {}

    [[nodiscard]] const std::vector<std::size_t>& shape() const noexcept { return array_.shape(); }
    [[nodiscard]] std::size_t count() const noexcept { return array_.count(); }
    [[nodiscard]] bool is_text() const noexcept { return array_.is_text(); }
    [[nodiscard]] std::string text() { return array_.read_text(); }
    [[nodiscard]] const std::string& name() const noexcept { return bytes_->name(); }

    /// @throws io_error  as npy_stream
    void read(std::span<double> to);
    /// All of them; not after read().
    [[nodiscard]] std::vector<double> all() { return array_.read_all(bytes_->most_numbers()); }

private:
    std::unique_ptr<byte_source> bytes_;
    npy_stream array_;
    std::vector<double> whole_;
    std::size_t at_ = 0;
};

}  // namespace moebius
