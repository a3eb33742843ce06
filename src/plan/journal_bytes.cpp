// SPDX-License-Identifier: MIT
#include "journal_bytes.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <bit>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <nlohmann/json.hpp>

namespace moebius::journal_bytes {
namespace {

static_assert(std::endian::native == std::endian::little, "journals are moved between machines");

using json = nlohmann::ordered_json;

constexpr std::string_view magic = "mbjrnl\x01\n";
constexpr std::size_t heading_bytes = 20;  // magic, length and CRC of the text, CRC of these
constexpr std::size_t record_bytes = 16;   // number, CRC, length of a sentence

template <typename Number>
Number number_at(std::string_view bytes, std::size_t place) {
    Number out;
    std::memcpy(&out, bytes.data() + place, sizeof out);
    return out;
}

template <typename Number>
void put(std::string& to, Number number) {
    to.append(reinterpret_cast<const char*>(&number), sizeof number);
}

std::uint32_t checksum(std::string_view bytes, std::uint32_t before = 0) {
    return static_cast<std::uint32_t>(::crc32(before, reinterpret_cast<const Bytef*>(bytes.data()),
                                              static_cast<uInt>(bytes.size())));
}

/// Of a record's number, the length of its sentence and what follows.
std::uint32_t record_sum(std::uint64_t index, std::uint32_t sentence, std::string_view payload) {
    std::string head;
    put(head, index);
    put(head, sentence);
    return checksum(payload, checksum(head));
}

/// The whole length of the sound record at a place; 0 if there is none.
std::size_t sound_record(std::string_view bytes, std::size_t place, const sweep_plan& plan) {
    if (bytes.size() - place < record_bytes) return 0;
    const auto index = number_at<std::uint64_t>(bytes, place);
    const auto sum = number_at<std::uint32_t>(bytes, place + 8);
    const auto sentence = number_at<std::uint32_t>(bytes, place + 12);
    const std::size_t payload = sentence == 0 ? 8 * plan.keep.size() : sentence;
    if (index >= plan.points() || sentence > most_sentence ||
        bytes.size() - place - record_bytes < payload)
        return 0;
    if (record_sum(index, sentence, bytes.substr(place + record_bytes, payload)) != sum) return 0;
    return record_bytes + payload;
}

void tell_record(std::string_view record, std::vector<double>& values, const journal_visit& visit) {
    const auto index = number_at<std::uint64_t>(record, 0);
    const auto payload = record.substr(record_bytes);
    if (number_at<std::uint32_t>(record, 12) != 0) return visit(index, {}, payload);
    std::memcpy(values.data(), payload.data(), payload.size());
    visit(index, values, {});
}

/// The plan of its text, which says more than a sum: of that an older program has made another one.
void check_plan(const std::string& is, const std::string& name, const sweep_plan& plan) {
    if (is != plan.text && parse_plan(is, name).text != plan.text)
        throw io_error(name, "it belongs to another plan: another folder is needed");
}

void check_heading(const journal_heading& is, const std::string& name,
                   const journal_heading& wanted) {
    if (!wanted.version.empty() && is.version != wanted.version)
        throw io_error(name, fmt::format("it was written by moebius {}, and this is {}: results "
                                         "would mix",
                                         excerpt(is.version), wanted.version));
    if (!wanted.build.empty() && !is.build.empty() && is.build != wanted.build)
        throw io_error(name, "it was written by another build of moebius: results would mix");
    if (!wanted.inputs.empty() && !is.inputs.empty() && is.inputs != wanted.inputs)
        throw io_error(name,
                       "the files that the command reads have changed since: results would mix");
}

std::string word_of(const json& heading, const char* key) {
    const auto found = heading.find(key);
    return found != heading.end() && found->is_string() ? found->get<std::string>() : "";
}

constexpr std::string_view way_out = "move the file away to do its points again";

/// Whether the file has its heading; false where a kill left a part of it.
bool has_heading(std::string_view bytes, const std::string& name) {
    const auto start = bytes.substr(0, magic.size());
    if (!start.empty() && start.find_first_not_of('\0') == start.npos)
        throw io_error(name, fmt::format("it begins with zeros, as a power cut may leave a file: "
                                         "nothing was changed; {}",
                                         way_out));
    if (start != magic.substr(0, start.size())) throw io_error(name, "it is no journal");
    if (bytes.size() < heading_bytes) return false;
    const auto length = number_at<std::uint32_t>(bytes, 8);
    const bool sound = checksum(bytes.substr(0, 16)) == number_at<std::uint32_t>(bytes, 16);
    if (sound && bytes.size() - heading_bytes < length) return false;
    if (sound &&
        checksum(bytes.substr(heading_bytes, length)) == number_at<std::uint32_t>(bytes, 12))
        return true;
    throw io_error(name, fmt::format("its heading is damaged: nothing was changed; {}", way_out));
}

}  // namespace

std::string heading(const sweep_plan& plan, const journal_heading& of) {
    const auto text = json{{"schema", "moebius.journal/1"},
                           {"version", of.version},
                           {"build", of.build},
                           {"host", of.host},
                           {"inputs", of.inputs},
                           {"plan", plan.text}}
                          .dump();
    std::string out(magic);
    put(out, static_cast<std::uint32_t>(text.size()));
    put(out, checksum(text));
    put(out, checksum(out));
    return out + text;
}

std::string record(std::uint64_t index, std::string_view payload, bool failed) {
    const auto sentence = failed ? static_cast<std::uint32_t>(payload.size()) : 0;
    std::string out;
    out.reserve(record_bytes + payload.size());
    put(out, index);
    put(out, record_sum(index, sentence, payload));
    put(out, sentence);
    return out.append(payload);
}

std::optional<std::string> heading_text(std::string_view bytes, const std::string& name) {
    if (!has_heading(bytes, name)) return std::nullopt;
    return std::string(bytes.substr(heading_bytes, number_at<std::uint32_t>(bytes, 8)));
}

extent read(std::string_view bytes, const std::string& name, const sweep_plan& plan,
            const journal_heading& wanted, const journal_visit& visit) {
    const auto text = heading_text(bytes, name);
    if (!text) return {};
    const auto parsed = json::parse(*text, nullptr, false);
    if (!parsed.is_object()) throw io_error(name, "its heading is no JSON object");
    extent out{heading_bytes + text->size(),
               {word_of(parsed, "version"), word_of(parsed, "build"), word_of(parsed, "host"),
                word_of(parsed, "inputs")}};
    check_heading(out.heading, name, wanted);
    check_plan(word_of(parsed, "plan"), name, plan);
    std::vector<double> values(plan.keep.size());
    auto& at = out.sound;
    while (at < bytes.size()) {
        const auto length = sound_record(bytes, at, plan);
        if (length == 0) break;
        if (visit) tell_record(bytes.substr(at, length), values, visit);
        at += length;
    }
    // What a kill or a power cut tears is the end: behind it there is no record.
    for (auto next = at + 1; next < bytes.size(); ++next)
        if (sound_record(bytes, next, plan) != 0)
            throw io_error(name,
                           fmt::format("the record at byte {} is damaged, and there are sound "
                                       "ones behind it: nothing was changed; {}",
                                       at, way_out));
    return out;
}

}  // namespace moebius::journal_bytes
