// SPDX-License-Identifier: MIT
#include "json_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <istream>
#include <moebius/base/error.hpp>
#include <moebius/base/file_reader.hpp>
#include <moebius/base/text.hpp>
#include <streambuf>
#include <string_view>
#include <vector>

namespace moebius {
namespace {

/// The bytes of a file as the parser takes them, counted.
class counted_bytes final : public std::streambuf {
public:
    explicit counted_bytes(const std::filesystem::path& path) : file_(path) {}

    [[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
    int_type underflow() override {
        const auto got = file_.read(block_);
        if (count_ == 0 && std::string_view(block_.data(), got).starts_with("\xef\xbb\xbf"))
            throw io_error(file_.name(), "it is no JSON at byte 1: a byte order mark stands there");
        count_ += got;
        if (count_ > json_limits::bytes)
            throw io_error(file_.name(), fmt::format("it has more than {} MiB, the most that is "
                                                     "read",
                                                     json_limits::bytes >> 20));
        const void* zero = std::memchr(block_.data(), 0, got);  // to the parser, the text's end
        if (zero != nullptr)
            throw io_error(file_.name(),
                           fmt::format("it is no JSON at byte {}: a zero stands there",
                                       count_ - got + 1 +
                                           static_cast<std::size_t>(static_cast<const char*>(zero) -
                                                                    block_.data())));
        setg(block_.data(), block_.data(), block_.data() + got);
        return got == 0 ? traits_type::eof() : traits_type::to_int_type(block_.front());
    }

    file_reader file_;
    std::vector<char> block_ = std::vector<char>(1 << 16);  // the stack may be as small
    std::size_t count_ = 0;
};

/// Takes the parser's events and makes the document, within the limits.
class document_builder final : public nlohmann::json_sax<json> {
public:
    explicit document_builder(const counted_bytes& from) : from_(from) {}

    bool null() override { return put(nullptr) != nullptr; }
    bool boolean(bool value) override { return put(value) != nullptr; }
    bool number_integer(number_integer_t value) override { return put(value) != nullptr; }
    bool number_unsigned(number_unsigned_t value) override { return put(value) != nullptr; }
    bool number_float(number_float_t value, const string_t&) override {
        return put(value) != nullptr;
    }
    bool string(string_t& value) override { return put(std::move(value)) != nullptr; }
    bool binary(binary_t&) override { return false; }  // JSON has none
    bool start_object(std::size_t) override { return open(json::object()); }
    bool start_array(std::size_t) override { return open(json::array()); }
    bool key(string_t& name) override {
        keys_.back() = std::move(name);
        return true;
    }
    bool end_object() override {
        if (!each_once(open_.back()->get_ref<const json::object_t&>())) return false;
        return close();
    }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t byte, const std::string&,
                     const nlohmann::detail::exception& failure) override {
        const std::string_view words = failure.what();  // "[json...] parse error at line 1, ...: "
        const auto from = words.find(" at line "), to = words.find(": ", from);
        if (dynamic_cast<const json::out_of_range*>(&failure) != nullptr)
            reason_ = fmt::format("{} is a number beyond those of double precision (byte {})",
                                  pointer(), byte);
        else if (from < to && to != std::string_view::npos)
            reason_ = fmt::format("it is no JSON{}", words.substr(from, to - from));
        else
            reason_ = fmt::format("it is no JSON at byte {}", byte);
        return false;
    }

    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
    [[nodiscard]] json&& take() noexcept { return std::move(root_); }

private:
    bool refuse(std::string reason) {
        reason_ = std::move(reason);
        return false;
    }

    template <typename Value>
    json* put(Value&& value) {
        if (++values_ > json_limits::values) {
            refuse(fmt::format("{}: it has more than {} values, the most that are read", pointer(),
                               json_limits::values));
            return nullptr;
        }
        json* const made = placed(std::forward<Value>(value));
        return keeps_to_memory(*made) ? made : nullptr;
    }

    template <typename Value>
    json* placed(Value&& value) {
        if (open_.empty()) return &(root_ = std::forward<Value>(value));
        if (open_.back()->is_array())
            return &open_.back()->get_ref<json::array_t&>().emplace_back(
                std::forward<Value>(value));
        // not ordered_map's own emplace, which looks through all members
        json::object_t::Container& members = open_.back()->get_ref<json::object_t&>();
        return &members.emplace_back(keys_.back(), std::forward<Value>(value)).second;
    }

    /// Whether all values together take no more memory than a file of this size may ask for.
    bool keeps_to_memory(const json& added) {
        constexpr std::size_t slot = 2 * sizeof(json), heap = 32;  // a list grows by doubling
        memory_ += slot;
        if (added.is_string() || added.is_structured()) memory_ += heap;
        if (!open_.empty() && open_.back()->is_object()) memory_ += 2 * sizeof(std::string);
        if (memory_ <= json_limits::free + json_limits::times * from_.count()) return true;
        return refuse(
            fmt::format("{}: its values take more than {} times the bytes of the file, "
                        "as those of no result do",
                        pointer(), json_limits::times));
    }

    bool open(json container) {
        if (open_.size() == json_limits::depth)
            return refuse(fmt::format("{} is nested too deeply: {} levels are the most", pointer(),
                                      json_limits::depth));
        auto* made = put(std::move(container));
        if (made == nullptr) return false;
        open_.push_back(made);
        keys_.emplace_back();
        return true;
    }

    bool close() {
        open_.pop_back();
        keys_.pop_back();
        return true;
    }

    bool each_once(const json::object_t& members) {
        std::vector<std::string_view> names;
        names.reserve(members.size());
        for (const auto& [name, value] : members) names.push_back(name);
        std::sort(names.begin(), names.end());
        const auto twice = std::adjacent_find(names.begin(), names.end());
        if (twice == names.end()) return true;
        keys_.back() = *twice;
        return refuse(fmt::format("{} comes twice", pointer()));
    }

    /// Where the parser is: in each open container the member that it is in, or comes to.
    [[nodiscard]] std::string pointer() const {
        std::string out;
        for (std::size_t level = 0; level < open_.size(); ++level) {
            const bool innermost = level + 1 == open_.size();
            out += open_[level]->is_array()
                       ? fmt::format("/{}", open_[level]->size() - (innermost ? 0 : 1))
                       : fmt::format("/{}", excerpt(keys_[level]));
        }
        return out.empty() ? "the document" : excerpt(out, 200);
    }

    const counted_bytes& from_;
    json root_;
    std::size_t memory_ = 0;  ///< of all values, about
    std::vector<json*> open_;
    std::vector<std::string> keys_;  ///< of each open object, the last name
    std::size_t values_ = 0;
    std::string reason_;
};

}  // namespace

json_document read_json(const std::filesystem::path& path) {
    counted_bytes bytes(path);
    std::istream text(&bytes);
    document_builder made(bytes);
    if (!json::sax_parse(text, &made)) throw io_error(path.string(), made.reason());
    return {made.take(), bytes.count()};
}

}  // namespace moebius
