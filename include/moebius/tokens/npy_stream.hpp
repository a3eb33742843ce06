// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/tokens/byte_source.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

namespace npy {
struct element;
/// What the file of an array begins with.
inline constexpr std::string_view magic = "\x93NUMPY";
}  // namespace npy

/// A NumPy array that is read from its front, as many numbers at a time as there is room for. Types
/// and versions as of read_npy; a text (kinds U and S) is read whole.
/// @source numpy.lib.format
class npy_stream {
public:
    /// Reads the header.
    /// @param bytes  the file behind its magic string; it must outlive this
    /// @param trailer  bytes of a file behind the array that are no part of it
    /// @throws io_error  for what is no header, and a file that has other bytes than its shape
    /// needs, fewer or more
    explicit npy_stream(byte_source& bytes, std::size_t trailer = 0);

    [[nodiscard]] const std::vector<std::size_t>& shape() const noexcept { return shape_; }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }  ///< of all numbers
    /// Whether the first axis runs fastest in the file.
    [[nodiscard]] bool fortran_order() const noexcept { return fortran_order_; }
    [[nodiscard]] bool is_text() const noexcept { return text_width_ > 0; }

    /// The next numbers, as many as `to` takes, in the order of the file.
    /// @throws io_error  at the file's end, for a whole number of 2^53 or more, and where more
    /// bytes follow the last number of a pipe
    void read(std::span<double> to);

    /// All numbers in row-major order, from the front.
    /// @throws io_error  also for more than `most` numbers
    [[nodiscard]] std::vector<double> read_all(std::size_t most);

    /// An array of one text as UTF-8.
    /// @throws io_error  for numbers, several texts or more than 2^20 letters
    [[nodiscard]] std::string read_text();

private:
    [[noreturn]] void fail(std::string_view reason) const;
    void take(std::span<char> to);
    std::size_t unsigned_bytes(std::size_t n);
    void need(std::size_t bytes) const;
    [[noreturn]] void refuse_more(std::string_view how_much) const;
    void check_end() const;
    [[noreturn]] void refuse_large(std::size_t before, std::size_t count) const;
    void read_converted(std::span<double> to);
    std::string_view entry(std::string_view header, std::string_view name) const;
    void read_header();
    void read_type(std::string_view descr);
    void read_shape(std::string_view text);
    void read_order(std::string_view text);
    void check_count();
    std::vector<double> transposed();

    byte_source& bytes_;
    std::optional<std::size_t> left_;
    const npy::element* type_ = nullptr;
    std::size_t text_width_ = 0, letter_ = 0;  ///< letters of a text, bytes of a letter
    bool swapped_ = false;                     ///< big-endian
    bool fortran_order_ = false;
    std::vector<std::size_t> shape_;
    std::size_t count_ = 1, unread_ = 0;
    std::vector<char> raw_;
};

}  // namespace moebius
