// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/base/file_reader.hpp>
#include <moebius/base/text.hpp>
#include <moebius/tokens/safetensors.hpp>
#include <optional>
#include <span>
#include <utility>

#include <moebius/base/table_memory.hpp>
#include "npy_elements.hpp"

namespace moebius {
namespace {

static_assert(std::endian::native == std::endian::little, "lengths are taken as they stand");

/// What the header says of a tensor.
struct tensor_entry {
    std::string type;                ///< "F32"
    std::vector<std::size_t> shape;  ///< of no axis: one number
    std::size_t begin = 0, end = 0;  ///< bytes, from where the data begin
};
using tensor_list = std::map<std::string, tensor_entry, std::less<>>;

/// The header: JSON of one object, with an object of three members for each tensor, and a map of
/// texts beside them. Nothing else is read.
class tensor_header {
public:
    tensor_header(std::string_view text, const std::string& file) : text_(text), file_(file) {}

    tensor_list read() {
        tensor_list out;
        members([&](std::string name) {
            if (name == "__metadata__") return members([&](const std::string&) { string(); });
            const auto shown = excerpt(name);
            if (!out.try_emplace(std::move(name), entry()).second)
                fail(fmt::format("'{}' comes twice", shown));
        });
        if (at_ != text_.size()) fail("its end was expected");
        return out;
    }

private:
    [[noreturn]] void fail(std::string_view reason) const {
        throw io_error(file_, fmt::format("header, byte {}: {}", at_, reason));
    }

    char next() {
        at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    bool take(char mark) {
        if (next() != mark) return false;
        ++at_;
        next();
        return true;
    }
    void need(char mark) {
        if (!take(mark)) fail(fmt::format("'{}' was expected", mark));
    }

    /// What stands in a text, an escape as it is written.
    std::string string() {
        if (next() != '"') fail("a text was expected");
        const std::size_t from = ++at_;
        for (; at_ < text_.size() && text_[at_] != '"'; ++at_)
            if (text_[at_] == '\\') ++at_;
        if (at_ >= text_.size()) fail("a text has no end");
        std::string out(text_.substr(from, at_ - from));
        need('"');
        return out;
    }

    std::size_t count() {
        std::size_t value = 0;
        next();
        const char *const from = text_.data() + at_, *const last = text_.data() + text_.size();
        const auto [stop, failure] = std::from_chars(from, last, value);
        if (failure != std::errc{}) fail("a whole number below 2^64 was expected");
        at_ += static_cast<std::size_t>(stop - from);
        return value;
    }

    std::vector<std::size_t> counts() {
        std::vector<std::size_t> out;
        need('[');
        if (take(']')) return out;
        do out.push_back(count());
        while (take(','));
        need(']');
        return out;
    }

    /// Calls `value` with the name of each member, to take what it is.
    template <typename Value>
    void members(Value value) {
        need('{');
        if (take('}')) return;
        do {
            auto name = string();
            need(':');
            value(std::move(name));
        } while (take(','));
        need('}');
    }

    tensor_entry entry() {
        tensor_entry out;
        std::optional<std::vector<std::size_t>> shape, data;
        members([&](const std::string& name) {
            if (name == "dtype" && out.type.empty())
                out.type = string();
            else if (name == "shape" && !shape)
                shape = counts();
            else if (name == "data_offsets" && !data)
                data = counts();
            else
                fail(fmt::format("'{}' came, but a tensor has dtype, shape and data_offsets",
                                 excerpt(name)));
        });
        if (out.type.empty() || !shape || !data || data->size() != 2 || (*data)[0] > (*data)[1])
            fail("a tensor has dtype, shape and data_offsets [begin, end]");
        out.shape = std::move(*shape);
        out.begin = (*data)[0];
        out.end = (*data)[1];
        return out;
    }

    std::string_view text_;
    const std::string& file_;
    std::size_t at_ = 0;
};

/// A file whose list of tensors was read.
class tensor_file {
public:
    explicit tensor_file(const std::string& path) : file_(path) {
        const auto size = file_.size();
        if (!size) fail("it is a pipe, but safetensors are read from a disk");
        const std::size_t length = header_length(*size);
        std::string text(length, '\0');
        if (file_.read(text) != length) fail("the header ends too early");
        data_ = prefix + length;
        tensors_ = tensor_header(text, file_.name()).read();
        check_cover(*size - data_);
    }

    [[nodiscard]] bool has(std::string_view name) const { return tensors_.contains(name); }

    [[nodiscard]] std::vector<tensor_info> list() const {
        std::vector<tensor_info> out;
        for (const auto& [name, one] : tensors_) out.push_back({name, one.type, one.shape});
        return out;
    }

    [[nodiscard]] const tensor_list::value_type& find(std::string_view name) const {
        if (tensors_.empty()) fail("it has no tensor");
        if (name.empty() && tensors_.size() == 1) return *tensors_.begin();
        if (const auto found = tensors_.find(name); found != tensors_.end()) return *found;
        fail(fmt::format(
            "{}, but it has {} tensors: FILE{}:NAME names one{}",
            name.empty() ? "no tensor was named" : fmt::format("'{}' was asked for", excerpt(name)),
            tensors_.size(), safetensors_ending, names_of_gates()));
    }

    number_array read(const tensor_list::value_type& tensor) {
        const auto& [name, entry] = tensor;
        const auto& type = element_of(name, entry.type);
        const std::size_t bytes = entry.end - entry.begin;
        if (!is_size(entry.shape, bytes / type.size) || bytes % type.size != 0)
            fail(fmt::format("tensor '{}' has {} bytes of data, but its shape needs another number",
                             excerpt(name), bytes));
        number_array out{entry.shape, {}};
        reserve_table(out.values, bytes / type.size);
        file_.go_to(data_ + entry.begin);
        std::vector<char> raw(std::min(bytes, type.size << 15));
        for (std::size_t left = bytes; left > 0;) {
            const std::size_t some = std::min(left, raw.size()), before = out.values.size();
            if (file_.read(std::span(raw).first(some)) != some) fail("its data end too early");
            out.values.resize(before + some / type.size);
            type.load(raw.data(), some / type.size, out.values.data() + before);
            left -= some;
        }
        return out;
    }

private:
    static constexpr std::size_t prefix = 8, longest_header = 100'000'000;

    [[noreturn]] void fail(std::string_view reason) const { throw io_error(file_.name(), reason); }

    std::size_t header_length(std::size_t size) {
        std::uint64_t length = 0;
        char bytes[prefix];
        if (file_.read(bytes) != prefix) fail("it has less than the 8 bytes of a header's length");
        std::memcpy(&length, bytes, prefix);
        if (length > std::min(longest_header, size - prefix))
            fail(
                fmt::format("its header has {} bytes by the first 8, but the file has {} and {} "
                            "are the most",
                            length, size - prefix, longest_header));
        return length;
    }

    /// Every byte behind the header belongs to one tensor.
    void check_cover(std::size_t size) const {
        std::vector<std::pair<std::size_t, std::size_t>> parts;
        for (const auto& [name, one] : tensors_) parts.emplace_back(one.begin, one.end);
        std::sort(parts.begin(), parts.end());
        std::size_t covered = 0;
        for (const auto& [begin, end] : parts) {
            if (begin != covered)
                fail(fmt::format("its data have a hole or an overlap at byte {}",
                                 std::min(begin, covered)));
            covered = end;
        }
        if (covered != size)
            fail(fmt::format("its tensors have {} bytes, but {} follow the header", covered, size));
    }

    /// Whether a shape is of so many numbers.
    static bool is_size(const std::vector<std::size_t>& shape, std::size_t count) {
        if (std::find(shape.begin(), shape.end(), 0U) != shape.end()) return count == 0;
        for (const std::size_t axis : shape) {
            if (count % axis != 0) return false;
            count /= axis;
        }
        return count == 1;
    }

    [[nodiscard]] const npy::element& element_of(std::string_view name,
                                                 std::string_view type) const {
        constexpr std::pair<std::string_view, std::string_view> codes[] = {
            {"F32", "f4"}, {"F16", "f2"}, {"BF16", "V2"}, {"F64", "f8"}};
        for (const auto& [known, code] : codes)
            if (type == known)
                for (const auto& one : npy::known_elements())
                    if (one.code == code) return one;
        fail(fmt::format("tensor '{}' is of {}, but F32, F16, BF16 or F64 is needed", excerpt(name),
                         excerpt(type)));
    }

    [[nodiscard]] std::string names_of_gates() const {
        constexpr std::size_t most = 3;
        std::string out;
        std::size_t count = 0;
        for (const auto& [name, one] : tensors_)
            if ((name.ends_with("gate.weight") || name.ends_with("router.weight")) &&
                count++ < most)
                out += fmt::format("{} {}", count == 1 ? ", as" : ",", excerpt(name, 80));
        return count > most ? out + fmt::format(" and {} more of gates", count - most) : out;
    }

    file_reader file_;
    std::size_t data_ = 0;  ///< where they begin
    tensor_list tensors_;
};

}  // namespace

number_array read_safetensors(const std::string& path, std::string_view name) {
    tensor_file file(path);
    return file.read(file.find(name));
}

std::vector<tensor_info> tensors_of(const std::string& path) { return tensor_file(path).list(); }

bool has_tensor(const std::string& path, std::string_view name) {
    return tensor_file(path).has(name);
}

}  // namespace moebius
