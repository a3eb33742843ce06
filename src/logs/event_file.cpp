// SPDX-License-Identifier: MIT
#include "event_file.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <optional>
#include <vector>

#include "column.hpp"
#include "load_names.hpp"
#include "log_builder.hpp"

namespace moebius {
namespace {

/// Of the reflected Castagnoli polynomial 0x1EDC6F41.
constexpr std::array<std::uint32_t, 256> crc_table = [] {
    std::array<std::uint32_t, 256> out{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit)
            value = (value >> 1) ^ ((value & 1U) != 0 ? 0x82f63b78U : 0U);
        out[i] = value;
    }
    return out;
}();

/// A checksum as the format has it, so that a checksum of checksums is none.
std::uint32_t masked_crc(std::string_view bytes) {
    std::uint32_t crc = ~0U;
    for (const char byte : bytes)
        crc = (crc >> 8) ^ crc_table[(crc ^ static_cast<unsigned char>(byte)) & 0xffU];
    crc = ~crc;
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

template <typename T>
T number_at(std::string_view bytes, std::size_t at) {
    T value{};
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

/// A field of a message of Protocol Buffers.
struct field {
    std::uint32_t number = 0;
    std::uint64_t value = 0;  ///< of a varint or fixed number
    std::string_view bytes;   ///< of what has a length
};

/// The fields of a message, one after the other.
class message {
public:
    explicit message(std::string_view bytes) : rest_(bytes) {}

    /// False at the end, and where it is damaged.
    bool next(field& out) {
        const auto key = varint();
        if (!key) return false;
        out = {static_cast<std::uint32_t>(*key >> 3), 0, {}};
        switch (*key & 7U) {
            case 0:
                return take(varint(), out.value);
            case 1:
                return fixed<std::uint64_t>(out.value);
            case 2: {
                const auto length = varint();
                if (!length || *length > rest_.size()) return damaged();
                out.bytes = rest_.substr(0, *length);
                rest_.remove_prefix(*length);
                return true;
            }
            case 5:
                return fixed<std::uint32_t>(out.value);
            default:
                return damaged();
        }
    }
    [[nodiscard]] bool is_damaged() const noexcept { return damaged_; }

    /// The numbers of a field that has varints one after the other.
    void unpack(std::vector<double>& to) {
        while (const auto one = varint()) to.push_back(static_cast<double>(signed_of(*one)));
    }
    static std::int64_t signed_of(std::uint64_t value) { return static_cast<std::int64_t>(value); }

private:
    bool damaged() {
        damaged_ = true;
        return false;
    }
    bool take(std::optional<std::uint64_t> from, std::uint64_t& to) {
        if (!from) return damaged();
        to = *from;
        return true;
    }
    template <typename T>
    bool fixed(std::uint64_t& to) {
        if (rest_.size() < sizeof(T)) return damaged();
        to = number_at<T>(rest_, 0);
        rest_.remove_prefix(sizeof(T));
        return true;
    }
    std::optional<std::uint64_t> varint() {
        std::uint64_t value = 0;
        if (rest_.empty()) return std::nullopt;
        for (std::size_t i = 0; i < 10 && i < rest_.size(); ++i) {
            const auto byte = static_cast<unsigned char>(rest_[i]);
            value |= std::uint64_t{byte & 0x7fU} << 7 * i;
            if (byte < 0x80) {
                rest_.remove_prefix(i + 1);
                return value;
            }
        }
        damaged_ = true;
        return std::nullopt;
    }

    std::string_view rest_;
    bool damaged_ = false;
};

float float_of(std::uint64_t bits) {
    float value = 0;
    const auto low = static_cast<std::uint32_t>(bits);
    std::memcpy(&value, &low, sizeof value);
    return value;
}

class event_reader {
public:
    event_reader(byte_source& file, log_builder& to) : file_(file), to_(to) {}

    void read() {
        constexpr std::size_t most = std::size_t{1} << 28;
        for (std::string header(12, '\0'), data;; ++record_) {
            const auto got = file_.read(header);
            if (got == 0) return;
            if (got < header.size()) return end_early();
            const auto length = number_at<std::uint64_t>(header, 0);
            if (number_at<std::uint32_t>(header, 8) != masked_crc({header.data(), 8})) {
                if (has_zeros_behind(header)) return end_in_zeros();
                fail("the checksum of its length is wrong");
            }
            if (length > most)
                fail(fmt::format("it has {} bytes, but {} are the most", length, most));
            if (!read_data(length + 4, data)) return end_early();
            const std::string_view event(data.data(), length);
            if (number_at<std::uint32_t>(data, length) != masked_crc(event)) {
                if (has_zeros_behind(data)) return end_in_zeros();
                fail("its checksum is wrong");
            }
            take_event(event);
        }
    }

private:
    [[nodiscard]] std::string place() const {
        return fmt::format("{}, record {}", file_.name(), record_ + 1);
    }
    [[noreturn]] void fail(std::string_view rule) const { throw io_error(place(), rule); }

    /// Within a record, as where what wrote it was killed. What came before it is a log, if there
    /// is any.
    void end_early() {
        end("record {} of {} has no end: the file was cut off in it, and it was left out");
    }
    void end_in_zeros() {
        end("record {} of {} has no end: zeros alone follow, as in a file that was cut off while "
            "it was written, and it was left out");
    }
    void end(fmt::format_string<std::size_t, const std::string&> sentence) {
        if (to_.empty()) fail("the file ends too early");
        to_.end_early();
        to_.note(fmt::format(sentence, record_ + 1, file_.name()));
    }

    /// Whether what was read ends in zeros, and all behind it are zeros: of a file whose room was
    /// made before it was written, and what wrote it was killed.
    bool has_zeros_behind(std::string_view part) const {
        constexpr std::size_t enough = 4;                                     // a checksum
        std::size_t zeros = part.size() - (part.find_last_not_of('\0') + 1);  // npos + 1 is 0
        if (zeros == 0) return false;
        std::string more(std::size_t{1} << 16, '\0');
        for (std::size_t got = more.size(); got == more.size(); zeros += got) {
            got = file_.read(more);
            if (std::string_view(more).substr(0, got).find_first_not_of('\0') != more.npos)
                return false;
        }
        return zeros >= enough;
    }

    /// In blocks, as a length may be any number. False where the file ends before.
    bool read_data(std::size_t count, std::string& to) const {
        constexpr std::size_t block = std::size_t{1} << 20;
        to.clear();
        while (to.size() < count) {
            const std::size_t from = to.size(), part = std::min(block, count - from);
            to.resize(from + part);
            if (file_.read(std::span(to).subspan(from)) != part) return false;
        }
        return true;
    }

    /// event.proto: step 2, summary 5, session_log 7, whose status (1) is START (1) where a run
    /// begins or goes on: what came before of that step and later ones is void then, as
    /// TensorBoard's own reader has it.
    void take_event(std::string_view bytes) {
        message event(bytes);
        std::string_view summary;
        bool starts = false;
        step_ = 0;
        for (field one; event.next(one);) {
            if (one.number == 2) step_ = static_cast<std::int64_t>(one.value);
            if (one.number == 5) summary = one.bytes;
            if (one.number == 7) starts = is_start(one.bytes);
        }
        if (starts)
            for (auto& [name, table] : to_.parts) table.restart_at(step_);
        message values(summary);
        for (field one; values.next(one);)
            if (one.number == 1) take_value(one.bytes);
        if (event.is_damaged() || values.is_damaged()) fail("its message is damaged");
    }

    static bool is_start(std::string_view session) {
        message of(session);
        for (field one; of.next(one);)
            if (one.number == 1) return one.value == 1;
        return false;
    }

    /// summary.proto, Value: tag 1, simple_value 2, tensor 8.
    void take_value(std::string_view bytes) {
        message value(bytes);
        std::string_view tag;
        std::vector<double> numbers;
        bool is_tensor = false;
        for (field one; value.next(one);) {
            if (one.number == 1) tag = one.bytes;
            if (one.number == 2) numbers = {float_of(one.value)};
            if (one.number == 8) numbers = tensor(one.bytes);
            is_tensor = is_tensor || one.number == 8;
        }
        if (value.is_damaged()) fail("its message is damaged");
        if (!numbers.empty()) return take_numbers(tag, numbers);
        if (is_tensor && (expert_name_of(tag) || layer_name_of(tag)))
            to_.note(fmt::format("'{}' is a tensor of a type that is not read", excerpt(tag)));
    }

    /// tensor.proto: dtype 1 (1 float, 2 double, 3 int32, 9 int64), tensor_content 4, float_val 5,
    /// double_val 6, int_val 7, int64_val 10.
    std::vector<double> tensor(std::string_view bytes) {
        message of(bytes);
        std::uint64_t type = 0;
        std::string_view content;
        std::vector<double> out;
        for (field one; of.next(one);) {
            if (one.number == 1) type = one.value;
            if (one.number == 4) content = one.bytes;
            if (one.number == 5 && one.bytes.empty()) out.push_back(float_of(one.value));
            if (one.number == 5 && !one.bytes.empty()) append<float>(one.bytes, out);
            if (one.number == 6) append<double>(one.bytes, out);
            if (one.number == 7 || one.number == 10) append_integers(one, out);
        }
        if (of.is_damaged()) fail("its message is damaged");
        if (type == 1) append<float>(content, out);
        if (type == 2) append<double>(content, out);
        if (type == 3) append<std::int32_t>(content, out);
        if (type == 9) append<std::int64_t>(content, out);
        return out;
    }

    void append_integers(const field& one, std::vector<double>& to) const {
        if (one.bytes.empty())
            return to.push_back(static_cast<double>(message::signed_of(one.value)));
        message packed(one.bytes);
        packed.unpack(to);
        if (packed.is_damaged()) fail("its message is damaged");
    }

    template <typename T>
    static void append(std::string_view bytes, std::vector<double>& to) {
        for (std::size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T))
            to.push_back(static_cast<double>(number_at<T>(bytes, at)));
    }

    void take_numbers(std::string_view tag, const std::vector<double>& numbers) {
        auto of = expert_name_of(tag);
        const bool is_row = !of && numbers.size() > 1;
        if (is_row) of = layer_name_of(tag);
        if (!of) {
            const auto means = meaning_of(tag);
            if (means == meaning::series || means == meaning::summary) {
                to_.summaries.insert(excerpt(tag));
                if (means == meaning::series)
                    to_.values_of(excerpt(tag)).push_back(numbers.front());
            } else {
                to_.add_other(tag);
            }
            return;
        }
        const auto is_of = kind_of(of->family).of;
        if (is_of == family_kind::contents::scores)
            return to_.note("biases of an event file are not read, only its loads");
        if (is_of == family_kind::contents::others) {
            to_.summaries.insert(excerpt(of->family));
            return;
        }
        if (!to_.reads(of->family)) return;
        if (!of->rank.empty()) to_.add_rank(of->rank);
        const auto at = [&] { return fmt::format("{}, '{}'", place(), excerpt(tag)); };
        const auto first = checked_expert(of->expert, at);
        (void)checked_expert(static_cast<double>(first + numbers.size() - 1), at);
        for (const double number : numbers) (void)checked_load(number, at);
        if (is_row)
            to_.take_width(numbers.size(), at);
        else
            to_.names_experts = true;
        auto& to = to_.part("");
        to.add({checked_step(static_cast<double>(step_), at),
                to.layer(of->layer.empty() ? "0" : of->layer, at),
                first,
                numbers,
                {},
                {}});
    }

    byte_source& file_;
    log_builder& to_;
    std::size_t record_ = 0;
    std::int64_t step_ = 0;
};

}  // namespace

bool is_event_file(std::string_view start) {
    return start.size() >= 12 &&
           number_at<std::uint32_t>(start, 8) == masked_crc(start.substr(0, 8));
}

void read_events(byte_source& file, log_builder& to) { event_reader(file, to).read(); }

}  // namespace moebius
