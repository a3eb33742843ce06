// SPDX-License-Identifier: MIT
#include "npz_arrays.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <utility>

#include "array_log.hpp"

namespace moebius {

/// An archive, which its arrays share.
struct npz_arrays::open_archive {
    explicit open_archive(const std::string& path) : file(path), zip(file) {}
    file_reader file;
    zip_archive zip;
};

/// One of an archive's files, which keeps the archive.
class npz_arrays::archived_bytes final : public byte_source {
public:
    archived_bytes(std::shared_ptr<open_archive> archive, const packed_file& one)
        : archive_(std::move(archive)),
          bytes_(archive_->zip, one),
          name_(fmt::format("{}:{}", archive_->file.name(), excerpt(one.name))) {}
    std::size_t read(std::span<char> to) override { return bytes_.read(to); }
    std::optional<std::size_t> size() const override { return bytes_.size(); }
    std::size_t most_numbers() const override { return bytes_.most_numbers(); }
    const std::string& name() const noexcept override { return name_; }

private:
    std::shared_ptr<open_archive> archive_;
    unpacked_bytes bytes_;
    std::string name_;
};

npz_arrays::npz_arrays(const std::string& path) : archive_(std::make_shared<open_archive>(path)) {}

npz_arrays::~npz_arrays() = default;

std::span<const packed_file> npz_arrays::files() const { return archive_->zip.files(); }

bool npz_arrays::has(std::string_view name) const { return archive_->zip.find(name) != nullptr; }

bool npz_arrays::has_pickle() const {
    return std::any_of(files().begin(), files().end(), [](const packed_file& one) {
        return one.name == "data.pkl" || one.name.ends_with(".pkl");
    });
}

std::unique_ptr<number_rows> npz_arrays::rows(std::string_view name) const {
    const auto* one = archive_->zip.find(name);
    return one == nullptr ? nullptr : rows_of(std::make_unique<archived_bytes>(archive_, *one));
}

std::string npz_arrays::name_of(meaning wanted,
                                std::initializer_list<std::string_view> first) const {
    for (const auto name : first)
        if (has(name)) return std::string(name);
    for (const auto& one : files())
        if (meaning_of(bare(one.name)) == wanted) return excerpt(bare(one.name));
    return {};
}

std::vector<double> npz_arrays::one_a_step(std::string_view name, std::size_t count) const {
    auto found = rows(name);
    if (!found) return {};
    if (found->is_text() || found->shape() != std::vector{count})
        throw io_error(found->name(), fmt::format("its shape is ({}), but loads have {} steps",
                                                  fmt::join(found->shape(), ", "), count));
    return found->all();
}

void npz_arrays::fail(std::string_view rule) const { archive_->zip.fail(rule); }

}  // namespace moebius
