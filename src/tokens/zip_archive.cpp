// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/tokens/zip_archive.hpp>

namespace moebius {
namespace {

constexpr std::size_t most_expanded = 1032;  // times its bytes: no deflated stream holds more
constexpr std::size_t numbers_a_byte = 8;    // packed: 64 bytes of doubles
constexpr std::size_t always_read = std::size_t{1} << 21;  // numbers, 16 MiB of doubles
constexpr std::uint16_t stored = 0, deflated = 8;

/// A little-endian number of a header.
template <typename T>
T number_at(std::string_view bytes, std::size_t at) {
    T value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

}  // namespace

zip_archive::zip_archive(file_reader& file) : file_(file) {
    if (!file.size()) fail("an NPZ file is read from a disk, but this is a pipe");
    size_ = *file.size();
    read_contents();
}

void zip_archive::fail_at(std::size_t place, std::string_view what) const {
    fail(fmt::format("the NPZ file is damaged, at byte {}: {}", place, what));
}

const packed_file* zip_archive::find(std::string_view name) const {
    for (const auto& one : files_)
        if (one.name == name || (one.name.ends_with(".npy") && one.name.size() == name.size() + 4 &&
                                 one.name.starts_with(name)))
            return &one;
    return nullptr;
}

std::size_t zip_archive::data_of(const packed_file& one) {
    constexpr std::size_t header = 30;
    const auto bytes = bytes_at(one.at, header);
    if (!bytes.starts_with(magic)) fail_at(one.at, "no array begins there");
    const std::size_t from =
        one.at + header + number_at<std::uint16_t>(bytes, 26) + number_at<std::uint16_t>(bytes, 28);
    if (from > size_ || one.packed > size_ - from) fail_at(from, "an array ends behind the file");
    return from;
}

std::string zip_archive::bytes_at(std::size_t at, std::size_t count) {
    if (at > size_ || count > size_ - at) fail_at(at, "what stands there ends behind the file");
    std::string bytes(count, '\0');
    file_.go_to(at);
    if (file_.read(bytes) != count) fail_at(at, "it became shorter while it was read");
    return bytes;
}

/// The list stands at the end, behind it where it begins and how long it is.
void zip_archive::read_contents() {
    constexpr std::size_t record = 22, longest = record + 65535;  // with a comment
    const std::size_t tail = std::min(size_, longest);
    const auto bytes = bytes_at(size_ - tail, tail);
    const auto end = bytes.rfind(std::string_view("PK\x05\x06"));
    if (end == std::string::npos || bytes.size() - end < record)
        fail_at(size_,
                "its end, a list of its arrays, is missing: it was cut off, or is still written");
    const std::string_view last = std::string_view(bytes).substr(end);
    const auto count = number_at<std::uint16_t>(last, 10);
    const auto length = number_at<std::uint32_t>(last, 12), at = number_at<std::uint32_t>(last, 16);
    if (at == 0xffffffff || count == 0xffff) fail("an NPZ file of 4 GiB or more is not read");
    const auto list = bytes_at(at, length);
    std::string_view rest = list;
    for (std::size_t i = 0; i < count; ++i) rest = take_file(rest);
    if (files_.empty()) fail("there is no array in it");
}

/// The next of the list; returns what follows.
std::string_view zip_archive::take_file(std::string_view rest) {
    constexpr std::size_t header = 46;
    const auto bad = [&] { fail("the NPZ file is damaged: its list of arrays is none"); };
    if (rest.size() < header || !rest.starts_with("PK\x01\x02")) bad();
    const std::size_t name = number_at<std::uint16_t>(rest, 28);
    const std::size_t all =
        header + name + number_at<std::uint16_t>(rest, 30) + number_at<std::uint16_t>(rest, 32);
    if (rest.size() < all) bad();
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

unpacked_bytes::unpacked_bytes(zip_archive& from, const packed_file& one)
    : archive_(from), one_(one), left_(one.packed), name_(from.file().name()) {
    const bool plain = one.method == stored && one.packed == one.size;
    if ((one.flags & 1U) != 0) from.fail("an encrypted NPZ file is not read");
    if (!plain && one.method != deflated)
        from.fail("its array is neither plain nor deflated, as numpy writes them");
    if (one.size / most_expanded > one.packed) fail("no array is packed so small");
    at_ = from.data_of(one);
    if (plain) return;
    buffer_.resize(std::size_t{1} << 16);
    stream_ = std::make_unique<z_stream_s>();
    if (inflateInit2(stream_.get(), -MAX_WBITS) != Z_OK) from.fail("zlib has no memory for it");
}

void unpacked_bytes::fail(std::string_view what) const {
    archive_.fail(
        fmt::format("the NPZ file is damaged: of the array '{}', after {} of {} bytes, {}",
                    excerpt(one_.name), given_, one_.size, what));
}

unpacked_bytes::~unpacked_bytes() {
    if (stream_) inflateEnd(stream_.get());
}

std::size_t unpacked_bytes::read(std::span<char> to) {
    std::size_t got = 0;
    while (got < to.size()) {
        const std::size_t part = stream_ ? inflated(to.subspan(got)) : plain(to.subspan(got));
        if (part == 0) break;
        got += part;
    }
    checksum_ = crc32_z(checksum_, reinterpret_cast<const Bytef*>(to.data()), got);
    given_ += got;
    if (given_ == one_.size && checksum_ != one_.checksum) fail("its checksum is another");
    return got;
}

std::size_t unpacked_bytes::most_numbers() const {
    return std::max(always_read, numbers_a_byte * one_.packed);
}

void unpacked_bytes::finish() {
    std::vector<char> rest(std::size_t{1} << 16);
    while (given_ <= one_.size && read(rest) > 0) continue;
    if (given_ != one_.size || checksum_ != one_.checksum)
        fail("its checksum or its length is another");
}

std::size_t unpacked_bytes::plain(std::span<char> to) {
    const auto part = to.first(std::min(to.size(), left_));
    if (part.empty()) return 0;
    archive_.file().go_to(at_);
    const std::size_t got = archive_.file().read(part);
    at_ += got;
    left_ -= got;
    return got;
}

/// At least one byte, or none at the end.
std::size_t unpacked_bytes::inflated(std::span<char> to) {
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
        if (!ended_ && status != Z_OK) fail("its packed bytes are none");
    }
    return room - stream_->avail_out;
}

}  // namespace moebius
