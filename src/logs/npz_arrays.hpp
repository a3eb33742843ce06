// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <memory>
#include <moebius/tokens/zip_archive.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "column.hpp"
#include "number_rows.hpp"

namespace moebius {

/// The arrays of an NPZ file, by name.
class npz_arrays {
public:
    explicit npz_arrays(const std::string& path);
    ~npz_arrays();

    [[nodiscard]] std::span<const packed_file> files() const;
    [[nodiscard]] bool has(std::string_view name) const;
    /// Whether it is an archive of PyTorch's.
    [[nodiscard]] bool has_pickle() const;

    /// An array's name without the ending of its file.
    [[nodiscard]] static std::string_view bare(std::string_view file) {
        return file.substr(0, file.size() - (file.ends_with(".npy") ? 4 : 0));
    }

    /// The array of that name, which keeps the file open; null if there is none.
    [[nodiscard]] std::unique_ptr<number_rows> rows(std::string_view name) const;

    /// The array of that meaning, of several the first of these; empty if there is none.
    [[nodiscard]] std::string name_of(meaning wanted,
                                      std::initializer_list<std::string_view> first) const;

    /// Numbers of which there is one a step; empty without such an array.
    /// @throws io_error  for another shape
    [[nodiscard]] std::vector<double> one_a_step(std::string_view name, std::size_t count) const;

    /// @throws io_error  always: of the file
    [[noreturn]] void fail(std::string_view rule) const;

private:
    struct open_archive;
    class archived_bytes;
    std::shared_ptr<open_archive> archive_;
};

}  // namespace moebius
