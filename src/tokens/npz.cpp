// SPDX-License-Identifier: MIT
#include "npz.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <string>
#include <vector>

#include "byte_source.hpp"
#include "npy.hpp"

namespace moebius::npz {
namespace {

constexpr std::size_t most_expanded = 1032;  // times its bytes: no deflated stream holds more
constexpr std::size_t numbers_a_byte = 8;    // packed: 64 bytes of doubles
constexpr std::size_t always_read = std::size_t{1} << 21;  // numbers, 16 MiB of doubles
constexpr std::uint16_t stored = 0, deflated = 8;

/// What an archive says of one of its files.
struct packed_file {
    std::string name;
    std::uint16_t flags = 0, method = 0;
    std::uint32_t checksum = 0;
    std::size_t packed = 0, size = 0, at = 0;  ///< bytes; `at` is where its own header begins
};

/// A little-endian number of a header.
template <typename T>
T number_at(std::string_view bytes, std::size_t at) {
    T value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

/// An archive on a disk.
class archive {
public:
    explicit archive(file_reader& file) : file_(file) {
        if (!file.size()) fail("an NPZ file is read from a disk, but this is a pipe");
        size_ = *file.size();
        read_contents();
    }

    [[noreturn]] void fail(std::string_view reason) const { throw io_error(file_.name(), reason); }

    [[nodiscard]] const packed_file& find(std::string_view name) const {
        if (name.empty() && files_.size() == 1) return files_.front();
        for (const auto& one : files_)
            if (!name.empty() && (one.name == name || one.name == std::string(name) + ".npy"))
                return one;
        std::string names;
        for (std::size_t i = 0; i < std::min<std::size_t>(8, files_.size()); ++i)
            names += (i > 0 ? ", " : "") + excerpt(bare(files_[i].name));
        if (files_.size() > 8) names += ", ...";
        const auto all = files_.size() == 1 ? std::string("its only array is")
                                            : fmt::format("its {} arrays are", files_.size());
        fail(fmt::format(
            "{} {}: {}", all, names,
            name.empty() ? "FILE.npz:NAME is needed" : excerpt(name) + " is not there"));
    }

    /// Goes to the first byte of what is packed.
    void go_to(const packed_file& one) {
        constexpr std::size_t header = 30;
        const auto bytes = bytes_at(one.at, header);
        if (!bytes.starts_with(magic)) fail(damaged);
        const std::size_t from = one.at + header + number_at<std::uint16_t>(bytes, 26) +
                                 number_at<std::uint16_t>(bytes, 28);
        if (from > size_ || one.packed > size_ - from) fail(damaged);
        file_.go_to(from);
    }

    [[nodiscard]] file_reader& file() const noexcept { return file_; }

    static constexpr std::string_view damaged = "the NPZ file is damaged";

private:
    static std::string_view bare(std::string_view name) {
        return name.ends_with(".npy") ? name.substr(0, name.size() - 4) : name;
    }

    std::string bytes_at(std::size_t at, std::size_t count) {
        if (at > size_ || count > size_ - at) fail(damaged);
        std::string bytes(count, '\0');
        file_.go_to(at);
        if (file_.read(bytes) != count) fail(damaged);
        return bytes;
    }

    /// The list stands at the end, behind it where it begins and how long it is.
    void read_contents() {
        constexpr std::size_t record = 22, longest = record + 65535;  // with a comment
        const std::size_t tail = std::min(size_, longest);
        const auto bytes = bytes_at(size_ - tail, tail);
        const auto end = bytes.rfind(std::string_view("PK\x05\x06"));
        if (end == std::string::npos || bytes.size() - end < record) fail(damaged);
        const std::string_view last = std::string_view(bytes).substr(end);
        const auto count = number_at<std::uint16_t>(last, 10);
        const auto length = number_at<std::uint32_t>(last, 12),
                   at = number_at<std::uint32_t>(last, 16);
        if (at == 0xffffffff || count == 0xffff) fail("an NPZ file of 4 GiB or more is not read");
        const auto list = bytes_at(at, length);
        std::string_view rest = list;
        for (std::size_t i = 0; i < count; ++i) rest = take_file(rest);
        if (files_.empty()) fail("there is no array in it");
    }

    /// The next of the list; returns what follows.
    std::string_view take_file(std::string_view rest) {
        constexpr std::size_t header = 46;
        if (rest.size() < header || !rest.starts_with("PK\x01\x02")) fail(damaged);
        const std::size_t name = number_at<std::uint16_t>(rest, 28);
        const std::size_t all =
            header + name + number_at<std::uint16_t>(rest, 30) + number_at<std::uint16_t>(rest, 32);
        if (rest.size() < all) fail(damaged);
        packed_file one;
        one.name = rest.substr(header, name);
        one.flags = number_at<std::uint16_t>(rest, 8);
        one.method = number_at<std::uint16_t>(rest, 10);
        one.checksum = number_at<std::uint32_t>(rest, 16);
        one.packed = number_at<std::uint32_t>(rest, 20);
        one.size = number_at<std::uint32_t>(rest, 24);
        one.at = number_at<std::uint32_t>(rest, 42);
        if (std::max({one.packed, one.size, one.at}) == 0xffffffff)
            fail("an NPZ file of 4 GiB or more is not read");
        files_.push_back(std::move(one));
        return rest.substr(all);
    }

    file_reader& file_;
    std::size_t size_ = 0;
    std::vector<packed_file> files_;
};

/// What is packed in an archive, unpacked as it is read.
class unpacked_bytes final : public byte_source {
public:
    unpacked_bytes(archive& from, const packed_file& one)
        : archive_(from), one_(one), left_(one.packed), name_(from.file().name()) {
        const bool plain = one.method == stored && one.packed == one.size;
        if ((one.flags & 1U) != 0) from.fail("an encrypted NPZ file is not read");
        if (!plain && one.method != deflated)
            from.fail("its array is neither plain nor deflated, as numpy writes them");
        if (one.size / most_expanded > one.packed) from.fail(archive::damaged);
        from.go_to(one);
        if (plain) return;
        buffer_.resize(std::size_t{1} << 16);
        stream_ = std::unique_ptr<z_stream, void (*)(z_stream*)>(new z_stream{}, [](z_stream* s) {
            inflateEnd(s);
            delete s;
        });
        if (inflateInit2(stream_.get(), -MAX_WBITS) != Z_OK) from.fail("zlib has no memory for it");
    }

    std::size_t read(std::span<char> to) override {
        std::size_t got = 0;
        while (got < to.size()) {
            const std::size_t part = stream_ ? inflated(to.subspan(got)) : plain(to.subspan(got));
            if (part == 0) break;
            got += part;
        }
        checksum_ = crc32_z(checksum_, reinterpret_cast<const Bytef*>(to.data()), got);
        given_ += got;
        return got;
    }
    std::optional<std::size_t> size() const override { return one_.size; }
    std::size_t most_numbers() const override {
        return std::max(always_read, numbers_a_byte * one_.packed);
    }
    const std::string& name() const noexcept override { return name_; }

    /// What nobody asked for counts for the checksum, too.
    void finish() {
        std::vector<char> rest(std::size_t{1} << 16);
        while (given_ <= one_.size && read(rest) > 0) continue;
        if (given_ != one_.size || checksum_ != one_.checksum) archive_.fail(archive::damaged);
    }

private:
    std::size_t plain(std::span<char> to) {
        const auto part = to.first(std::min(to.size(), left_));
        const std::size_t got = part.empty() ? 0 : archive_.file().read(part);
        left_ -= got;
        return got;
    }

    /// At least one byte, or none at the end.
    std::size_t inflated(std::span<char> to) {
        constexpr std::size_t most = std::size_t{1} << 30;  // of what zlib counts
        const std::size_t room = std::min(to.size(), most);
        stream_->next_out = reinterpret_cast<Bytef*>(to.data());
        stream_->avail_out = static_cast<uInt>(room);
        while (!ended_ && stream_->avail_out == room) {
            if (stream_->avail_in == 0) {
                stream_->next_in = reinterpret_cast<Bytef*>(buffer_.data());
                stream_->avail_in = static_cast<uInt>(plain(buffer_));
            }
            const int status = inflate(stream_.get(), Z_NO_FLUSH);
            ended_ = status == Z_STREAM_END;
            if (!ended_ && status != Z_OK) archive_.fail(archive::damaged);
        }
        return room - stream_->avail_out;
    }

    archive& archive_;
    const packed_file& one_;
    std::size_t left_, given_ = 0;
    std::string name_;
    uLong checksum_ = crc32_z(0, nullptr, 0);
    std::vector<char> buffer_;
    std::unique_ptr<z_stream, void (*)(z_stream*)> stream_{nullptr, nullptr};
    bool ended_ = false;
};

}  // namespace

number_array read(file_reader& file, std::string_view name) {
    archive from(file);
    const auto& one = from.find(name);
    unpacked_bytes bytes(from, one);
    std::string start(npy::magic.size(), '\0');
    start.resize(bytes.read(start));
    if (start != npy::magic) from.fail("what it holds is not an NPY file");
    auto array = npy::read_after_magic(bytes);
    bytes.finish();
    return array;
}

}  // namespace moebius::npz
