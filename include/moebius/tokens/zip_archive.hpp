// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/file_reader.hpp>
#include <moebius/tokens/byte_source.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct z_stream_s;  // zlib's

namespace moebius {

/// What an archive says of one of its files.
struct packed_file {
    std::string name;
    std::uint16_t flags = 0, method = 0;
    std::uint32_t checksum = 0;
    std::size_t packed = 0, size = 0, at = 0;  ///< bytes; `at` is where its own header begins
};

/// A zip archive on a disk, as numpy.savez writes it.
/// @source  PKWARE, APPNOTE.TXT 6.3, sections 4.3 and 4.4; numpy.savez
class zip_archive {
public:
    /// What a zip file with something in it begins with.
    static constexpr std::string_view magic = "PK\x03\x04";

    /// Reads the list of contents. The file must outlive this.
    /// @throws io_error  for a damaged archive, one from a pipe and one of 4 GiB or more
    explicit zip_archive(file_reader& file);

    [[nodiscard]] std::span<const packed_file> files() const noexcept { return files_; }

    /// The file of that name, with or without ".npy"; null if there is none.
    [[nodiscard]] const packed_file* find(std::string_view name) const;

    [[noreturn]] void fail(std::string_view reason) const { throw io_error(file_.name(), reason); }
    [[nodiscard]] file_reader& file() const noexcept { return file_; }

    /// Where its bytes begin.
    [[nodiscard]] std::size_t data_of(const packed_file& one);

private:
    [[noreturn]] void fail_at(std::size_t place, std::string_view what) const;  ///< damaged there
    std::string bytes_at(std::size_t at, std::size_t count);
    void read_contents();
    std::string_view take_file(std::string_view rest);

    file_reader& file_;
    std::size_t size_ = 0;
    std::vector<packed_file> files_;
};

/// One of an archive's files, plain or deflated, unpacked as it is read; several may be read in
/// turns.
class unpacked_bytes final : public byte_source {
public:
    /// @throws io_error  for an encrypted file, another method, and one that claims to unpack to
    ///                   more than deflate can
    unpacked_bytes(zip_archive& from, const packed_file& one);
    ~unpacked_bytes() override;

    std::size_t read(std::span<char> to) override;
    std::optional<std::size_t> size() const override { return one_.size; }
    std::size_t most_numbers() const override;
    const std::string& name() const noexcept override { return name_; }

    /// Reads what nobody asked for, too, and holds all of it against the checksum.
    /// @throws io_error
    void finish();

private:
    [[noreturn]] void fail(std::string_view what) const;  ///< damaged
    std::size_t plain(std::span<char> to);
    std::size_t inflated(std::span<char> to);

    zip_archive& archive_;
    const packed_file& one_;
    std::size_t at_ = 0, left_ = 0, given_ = 0;
    std::string name_;
    unsigned long checksum_ = 0;
    std::vector<char> buffer_;
    std::unique_ptr<z_stream_s> stream_;
    bool ended_ = false;
};

}  // namespace moebius
