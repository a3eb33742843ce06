// SPDX-License-Identifier: MIT
#include "load_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <moebius/base/text.hpp>
#include <string>
#include <vector>

namespace moebius {
namespace {

using words = std::vector<std::string>;

bool is_upper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

/// In lower case: of "train/TokensTotal" train, tokens, total.
words words_of(std::string_view name) {
    words out;
    bool inside = false;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const bool begins = is_upper(name[i]) && i > 0 && !is_upper(name[i - 1]);
        if (is_letter(name[i]) && (!inside || begins)) out.emplace_back();
        inside = is_letter(name[i]);
        if (inside)
            out.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
    }
    return out;
}

bool are_any_of(const words& of, std::initializer_list<std::string_view> known) {
    return std::any_of(of.begin(), of.end(), [&](const std::string& word) {
        return std::find(known.begin(), known.end(), word) != known.end();
    });
}

bool begin_any_with(const words& of, std::initializer_list<std::string_view> known) {
    return std::any_of(of.begin(), of.end(), [&](const std::string& word) {
        return std::any_of(known.begin(), known.end(),
                           [&](std::string_view start) { return word.starts_with(start); });
    });
}

/// Where a thing is, not what it is.
bool says_nothing(const std::string& word) {
    return are_any_of(
        {word}, {"moe",        "expert",  "experts", "e",           "l",      "layer",    "layers",
                 "block",      "blocks",  "mlp",     "ffn",         "router", "gate",     "model",
                 "module",     "decoder", "encoder", "transformer", "train",  "training", "eval",
                 "evaluation", "val",     "valid",   "validation",  "test",   "stats",    "metrics",
                 "local",      "global",  "total",   "per"});
}

/// In a name that is none of counts or shares.
bool is_word_of_ids(const std::string& word) {
    return are_any_of({word}, {"id", "ids", "idx", "idxs", "index", "indexes", "indices", "inds"});
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes the number at the front.
double take_number(std::string_view& from) {
    double out = 0;
    for (; !from.empty() && is_digit(from.front()); from.remove_prefix(1))
        out = 10 * out + (from.front() - '0');
    return out;
}

}  // namespace

family_kind kind_of(std::string_view family) {
    using contents = family_kind::contents;
    constexpr int of_evaluation = 10, of_shares = 3, of_unknown = 4;
    const auto all = words_of(family);
    const bool shares =
        begin_any_with(all, {"percent", "util", "frac", "prob", "share", "freq", "weight"});
    const bool counts =
        begin_any_with(all, {"token", "count", "load", "choice", "dispatch", "route", "assign",
                             "usage", "hit", "demand", "select"});
    if (begin_any_with(all, {"grad", "loss", "drop", "overflow", "latenc", "time", "duration"}) ||
        are_any_of(all, {"ms", "std", "stddev", "var", "variance", "rms", "lr"}) ||
        (!counts && begin_any_with(all, {"norm"})))
        return {contents::others, false, 0};
    if (begin_any_with(all, {"bias", "score"})) return {contents::scores, false, 0};
    const int later = are_any_of(all, {"eval", "evaluation", "val", "valid", "validation", "test"})
                          ? of_evaluation
                          : 0;
    if (shares) return {contents::loads, true, later + of_shares};
    if (!counts && !std::all_of(all.begin(), all.end(), says_nothing))
        return {contents::loads, false, later + of_unknown};
    if (are_any_of(all, {"local"})) return {contents::loads, true, later + 2};
    return {contents::loads, true, later + (are_any_of(all, {"global", "total"}) ? 0 : 1)};
}

bool are_ids_by_name(std::string_view name) {
    const auto all = words_of(name);
    if (begin_any_with(all, {"token", "count", "load", "dispatch", "usage", "hit", "num", "percent",
                             "util", "frac", "prob", "share", "freq", "weight", "bias", "score"}))
        return false;
    if (!all.empty() && std::all_of(all.begin(), all.end(), is_word_of_ids)) return true;
    const bool of_experts = are_any_of(all, {"expert", "experts"});
    const bool of_chosen =
        are_any_of(all, {"top", "topk", "selected", "chosen", "routed", "routing"});
    return std::any_of(all.begin(), all.end(), is_word_of_ids)
               ? of_experts || of_chosen
               : are_any_of(all, {"experts"}) && of_chosen;
}

std::string fault_of_ids(std::string_view name) {
    return fmt::format(
        "'{}' is by its name of ids, which tell the expert of each choice, but loads are needed, "
        "which are counts: numpy.bincount(ids.ravel(), minlength=experts) of each step and layer",
        excerpt(name));
}

bool counts_logical_experts(std::string_view name) {
    return are_any_of(words_of(name), {"logical"});
}

bool counts_physical_experts(std::string_view name) {
    return are_any_of(words_of(name), {"physical", "phys", "phy"});
}

namespace {

/// As vLLM calls loads of physical experts: expert_load_pass, expert_load_window.
bool are_of_a_pass(std::string_view name) {
    const auto all = words_of(name);
    return are_any_of(all, {"expert", "experts"}) && are_any_of(all, {"load", "loads"}) &&
           are_any_of(all, {"pass", "window"});
}

}  // namespace

std::string note_of_copies(std::string_view name) {
    if (!counts_physical_experts(name) && !are_of_a_pass(name)) return {};
    return fmt::format(
        "'{}' is by its name of physical experts: copies of one expert are counted apart, as no "
        "map (physical_to_logical_map) says which are",
        excerpt(name));
}

std::string note_of_local(std::string_view name) {
    if (!are_any_of(words_of(name), {"local"})) return {};
    return fmt::format(
        "'{}' is by its name what one rank counts: of several those of all are needed",
        excerpt(name));
}

bool is_summary_name(std::string_view layer) {
    return are_any_of(words_of(layer),
                      {"mean", "avg", "average", "total", "sum", "all", "overall", "max", "min"});
}

bool may_be_all_tokens(std::string_view name) {
    const auto all = words_of(name);
    return !all.empty() && std::all_of(all.begin(), all.end(), [](const std::string& word) {
        return are_any_of({word}, {"n", "num", "total", "token", "tokens", "per", "step"});
    });
}

int rank_of_column(std::string_view name) {
    const int within = counts_logical_experts(name)                        ? 0
                       : are_any_of(words_of(name), {"expert", "experts"}) ? 1
                       : may_be_all_tokens(name)                           ? 3
                                                                           : 2;
    return 4 * kind_of(name).rank + within;
}

bool differ_in_numbers(std::string_view one, std::string_view other) {
    const auto less_numbers = [](std::string_view text) {
        std::string out;
        for (const char c : text)
            if (std::isdigit(static_cast<unsigned char>(c)) == 0) out += c;
        return out;
    };
    return one != other && less_numbers(one) == less_numbers(other);
}

bool come_in_order(std::string_view a, std::string_view b) {
    while (!a.empty() && !b.empty()) {
        if (is_digit(a.front()) && is_digit(b.front())) {
            const double of_a = take_number(a), of_b = take_number(b);
            if (of_a != of_b) return of_a < of_b;
        } else {
            if (a.front() != b.front()) return a.front() < b.front();
            a.remove_prefix(1);
            b.remove_prefix(1);
        }
    }
    return a.size() < b.size();
}

}  // namespace moebius
