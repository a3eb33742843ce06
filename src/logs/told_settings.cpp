// SPDX-License-Identifier: MIT
#include "told_settings.hpp"

#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <utility>

namespace moebius {
namespace {

constexpr std::pair<std::string_view, std::optional<double> log_head::*> numbers_of_rule[] = {
    {"top_k", &log_head::top_k}, {"rate", &log_head::rate}, {"feedback", &log_head::feedback},
    {"decay", &log_head::decay}, {"beta", &log_head::beta}, {"bias_rate", &log_head::bias_rate},
};
constexpr std::pair<std::string_view, std::string log_head::*> words_of_rule[] = {
    {"gate", &log_head::gate},
    {"balancer", &log_head::balancer},
};

std::string text_of(const std::optional<double>& value) { return fmt::format("{}", *value); }
std::string text_of(const std::string& word) { return excerpt(word); }

}  // namespace

/// Whether a setting is as it was said first, by this part or another; one that is not said is.
template <typename T>
bool told_settings::agrees(const std::string& file, std::string_view name, const T& says, T& said) {
    const T untold{};
    if (says == untold) return true;
    if (said == untold) {
        said = says;
        files_[name] = file;
    }
    return said == says;
}

template <typename T>
void told_settings::require(const std::string& file, std::string_view name, const T& says,
                            T& said) {
    if (!agrees(file, name, says, said))
        throw io_error(file, fmt::format("it says that {} is {}, and {} that it is {}: they are "
                                         "no parts of one run",
                                         name, text_of(says), files_[name], text_of(said)));
}

void told_settings::take(const std::string& file, log_head& says) {
    for (const auto& [name, of] : numbers_of_rule) require(file, name, says.*of, said_.*of);
    for (const auto& [name, of] : words_of_rule) require(file, name, says.*of, said_.*of);
    if (says.bias_rate) require(file, "bias_leak", std::optional(says.bias_leak), bias_leak_);
    if (agrees(file, "tokens", says.tokens, said_.tokens)) return;
    notes_.push_back(fmt::format(
        "{} says that tokens is {}, and {} that it is {}, which was taken for all parts", file,
        text_of(says.tokens), files_["tokens"], text_of(said_.tokens)));
    says.tokens = said_.tokens;
}

void told_settings::give(log_head& to) const {
    for (const auto& [name, of] : numbers_of_rule)
        if (said_.*of) to.*of = said_.*of;
    for (const auto& [name, of] : words_of_rule)
        if (!(said_.*of).empty()) to.*of = said_.*of;
    to.bias_leak = bias_leak_.value_or(to.bias_leak);
    if (said_.tokens) to.tokens = said_.tokens;
}

}  // namespace moebius
