// SPDX-License-Identifier: MIT
#include "equations_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <moebius/base/error.hpp>
#include <moebius/base/file_reader.hpp>
#include <moebius/base/line_reader.hpp>
#include <variant>

namespace moebius::cli {
namespace {

constexpr std::size_t longest_text = std::size_t{1} << 20;  // bytes; a result carries them all
constexpr std::string_view text_option = "equations";

bool same_letters(std::string_view a, std::string_view b) {
    const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : int{c}; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return small(x) == small(y); });
}

}  // namespace

std::string equations_choice::name() const { return std::filesystem::path(file).stem().string(); }

void equations_choice::read() {
    file_reader reader(file);
    std::string bytes(longest_text + 1, '\0');
    bytes.resize(reader.read(bytes));
    if (bytes.size() > longest_text)
        throw io_error(file, fmt::format("it has more than {} bytes", longest_text));
    text = std::move(bytes);
}

void equations_choice::inherit(const result_heading& origin, const std::string& from) {
    if (!file.empty())
        throw invalid_argument("--equations", fmt::format("{} came beside --from", file),
                               fmt::format("those of {} are its own", from));
    for (const auto& [known, value] : origin.options)
        if (const auto* words = std::get_if<std::string>(&value); words && known == text_option) {
            text = *words;
            file = from;
        }
}

void add_to(option_table& table, equations_choice& choice) {
    table.add(std::string(text_option), choice.file,
              "file of equations in place of --model, in XPPAUT's language",
              {.kept = option_kept::never, .names_file = true});
}

equations make_equations(const equations_choice& choice, const std::string& name,
                         result_heading& heading) {
    auto made = read_equations(*choice.text, name, choice.file);
    heading.options.emplace_back(text_option, *choice.text);
    return made;
}

void spell_as(const field& model, std::vector<std::string>& settings) {
    for (auto& setting : settings) {
        const std::size_t end = std::min(setting.find('='), setting.size());
        for (const auto& known : model.parameters())
            if (same_letters(known.name, std::string_view(setting).substr(0, end))) {
                setting.replace(0, end, known.name);
                break;
            }
    }
}

std::string remark_of(const equations_choice& choice, const equations& made) {
    std::vector<std::string> remarks;
    if (!made.ignored.empty())
        remarks.push_back(fmt::format("{}: without meaning here: {}", choice.file,
                                      fmt::join(made.ignored, ", ")));
    if (made.ends_early) remarks.push_back(early_end_of(choice.file));
    return fmt::format("{}", fmt::join(remarks, "; "));
}

}  // namespace moebius::cli
