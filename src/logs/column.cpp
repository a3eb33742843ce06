// SPDX-License-Identifier: MIT
#include "column.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace moebius {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool has_one_of(std::string_view text, std::initializer_list<std::string_view> parts) {
    return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
        return text.find(part) != std::string_view::npos;
    });
}

/// Takes a number off the end.
std::optional<std::string_view> take_digits(std::string_view& text) {
    const auto from = text.find_last_not_of("0123456789") + 1;
    const auto digits = text.substr(from);
    if (digits.empty() || digits.size() > 9) return std::nullopt;
    text.remove_suffix(digits.size());
    return digits;
}

void drop_marks(std::string_view& text) {
    while (!text.empty() && is_one_of(text.substr(text.size() - 1), {"_", "/", ".", "-", " ", ":"}))
        text.remove_suffix(1);
}

/// Takes one of the words off the end, in any case, with nothing of a longer word before it.
bool take_word(std::string_view& text, std::initializer_list<std::string_view> words) {
    drop_marks(text);
    for (const auto word : words) {
        if (text.size() < word.size() || lower(text.substr(text.size() - word.size())) != word)
            continue;
        const auto before = text.substr(0, text.size() - word.size());
        if (!before.empty() && std::isalpha(static_cast<unsigned char>(before.back())) != 0)
            continue;
        text = before;
        drop_marks(text);
        return true;
    }
    return false;
}

/// Takes the word of a layer off the end.
bool take_layer_word(std::string_view& text) {
    return take_word(text, {"layer", "block", "layers", "blocks", "l"});
}

/// The last layer that a name has, and the name without it: "layers.3.mlp" is 3 of "mlp".
std::optional<expert_name> layer_within(std::string_view name) {
    for (auto end = name.size(); end > 0;) {
        auto before = name.substr(0, end);
        const auto digits = take_digits(before);
        if (digits && take_layer_word(before)) {
            auto after = name.substr(end);
            if (before.empty())
                after.remove_prefix(std::min(after.find_first_not_of("_/.- :"), after.size()));
            return expert_name{std::string(before) + std::string(after), std::string(*digits), 0};
        }
        const auto last = name.substr(0, end - 1).find_last_of("0123456789");
        end = last == std::string_view::npos ? 0 : last + 1;
    }
    return std::nullopt;
}

/// Takes the rank out of a family: 3 of "rank3/tokens" or "tokens_rank_3".
void take_rank(expert_name& from) {
    const auto found = rank_in_name(from.family);
    if (!found) return;
    from.rank = found->number;
    auto before = std::string_view(from.family).substr(0, found->begin);
    auto after = std::string_view(from.family).substr(found->end);
    drop_marks(before);
    if (before.empty())
        after.remove_prefix(std::min(after.find_first_not_of("_/.- :"), after.size()));
    from.family = std::string(before) + std::string(after);
}

/// Names, less what stands before their last slash, in lower case.
constexpr std::pair<std::string_view, meaning> known_words[] = {
    {"step", meaning::step},
    {"_step", meaning::step},
    {"global_step", meaning::step},
    {"iteration", meaning::step},
    {"iter", meaning::step},
    {"forward_pass", meaning::step},
    {"forward_pass_id", meaning::step},
    {"steps", meaning::step},
    {"layer", meaning::layer},
    {"layer_id", meaning::layer},
    {"layer_idx", meaning::layer},
    {"layer_index", meaning::layer},
    {"layer_number", meaning::layer},
    {"block", meaning::layer},
    {"expert", meaning::expert},
    {"expert_id", meaning::expert},
    {"expert_idx", meaning::expert},
    {"expert_index", meaning::expert},
    {"logical_expert", meaning::expert},
    {"logical_expert_id", meaning::expert},
    {"physical_expert", meaning::expert},
    {"physical_expert_id", meaning::expert},
    {"tokens", meaning::load},
    {"count", meaning::load},
    {"counts", meaning::load},
    {"load", meaning::load},
    {"loads", meaning::load},
    {"tokens_per_expert", meaning::load},
    {"expert_counts", meaning::load},
    {"expert_load", meaning::load},
    {"expert_loads", meaning::load},
    {"logical_count", meaning::load},
    {"token_counts", meaning::load},
    {"token_count", meaning::load},
    {"num_tokens", meaning::load},
    {"n_tokens", meaning::load},
    {"expert_count", meaning::load},
    {"expert_tokens", meaning::load},
    {"routed_tokens", meaning::load},
    {"exp_counts", meaning::load},
    {"expert_load_pass", meaning::load},
    {"expert_load_window", meaning::load},
    {"physical_count", meaning::load},
    {"global_physical_count", meaning::load},
    {"physical_expert_load", meaning::load},
    {"logical_expert_load", meaning::load},
    {"num_tokens_per_expert", meaning::load},
    {"num_local_tokens_per_expert", meaning::load},
    {"token_counts_per_expert", meaning::load},
    {"expert_token_counts", meaning::load},
    {"global_tokens_per_expert", meaning::load},
    {"local_tokens_per_expert", meaning::load},
    {"global_batch_tokens_per_expert", meaning::load},
    {"prob", meaning::load},
    {"probs", meaning::load},
    {"probability", meaning::load},
    {"share", meaning::load},
    {"shares", meaning::load},
    {"fraction", meaning::load},
    {"percentage", meaning::load},
    {"utilization", meaning::load},
    {"frequency", meaning::load},
    {"choices", meaning::load},
    {"bias", meaning::score},
    {"biases", meaning::score},
    {"score", meaning::score},
    {"scores", meaning::score},
    {"expert_bias", meaning::score},
    {"score_bias", meaning::score},
    {"e_score_correction_bias", meaning::score},
    {"dither", meaning::dither},
    {"moments", meaning::moments},
    {"feedback", meaning::feedback},
    {"token", meaning::position},
    {"token_id", meaning::token},
    {"token_idx", meaning::position},
    {"token_index", meaning::position},
    {"position", meaning::position},
    {"pos", meaning::position},
    {"sequence", meaning::sequence},
    {"seq", meaning::sequence},
    {"batch", meaning::sequence},
    {"micro_batch", meaning::micro_batch},
    {"microbatch", meaning::micro_batch},
    {"micro_batch_id", meaning::micro_batch},
    {"microbatch_id", meaning::micro_batch},
    {"micro_step", meaning::micro_batch},
    {"micro_batch_idx", meaning::micro_batch},
    {"sample", meaning::sequence},
    {"request_id", meaning::sequence},
    {"id", meaning::token},
    {"index", meaning::token},
    {"k", meaning::token},
    {"slot", meaning::token},
    {"choice", meaning::token},
    {"weight", meaning::token},
    {"", meaning::token},
    {"top_k", meaning::top_k},
    {"topk", meaning::top_k},
    {"rank", meaning::rank},
    {"ep_rank", meaning::rank},
    {"dp_rank", meaning::rank},
};

}  // namespace

std::string_view bare_cell(std::string_view cell) {
    constexpr std::string_view marks = " \t\r\"";
    cell.remove_prefix(std::min(cell.find_first_not_of(marks), cell.size()));
    return cell.substr(0, cell.find_last_not_of(marks) + 1);
}

std::string_view bare_name(std::string_view cell) {
    cell = bare_cell(cell);
    if (const auto dash = cell.rfind(" - "); dash != std::string_view::npos)
        cell.remove_prefix(dash + 3);
    return cell;
}

bool is_envelope(std::string_view name) {
    return name.ends_with("__MIN") || name.ends_with("__MAX");
}

namespace {

/// Whether a word beside "rank" says that it is that of matrices.
bool is_of_matrices(std::string_view before, std::string_view after) {
    drop_marks(before);
    after.remove_prefix(std::min(after.find_first_not_of("_/.- :="), after.size()));
    const auto words = {"lora", "dora", "loha", "lokr", "low", "adapter", "peft", "svd", "matrix"};
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
        return before.ends_with(word) || (word != "low" && after.starts_with(word));
    });
}

}  // namespace

std::optional<rank_name> rank_in_name(std::string_view name) {
    constexpr std::string_view word = "rank", marks = "_-.= ";
    const auto whole = lower(name);
    for (auto at = whole.find(word); at != std::string::npos; at = whole.find(word, at + 1)) {
        if (at > 0 && std::isalpha(static_cast<unsigned char>(whole[at - 1])) != 0) continue;
        auto first = at + word.size();
        if (first < whole.size() && marks.find(whole[first]) != marks.npos) ++first;
        const auto end = std::min(whole.find_first_not_of("0123456789", first), whole.size());
        const auto all = std::string_view(whole);
        if (first < end && !is_of_matrices(all.substr(0, at), all.substr(end)))
            return rank_name{whole.substr(first, end - first), at, end};
    }
    return std::nullopt;
}

meaning meaning_of(std::string_view name) {
    const auto whole = lower(name);
    auto word = std::string_view(whole).substr(whole.rfind('/') + 1);
    if (word.ends_with("_e")) word.remove_suffix(2);  // torchtitan: of E experts
    for (const auto& [known, means] : known_words)
        if (word == known) return means;
    if (has_one_of(whole, {"loss", "lbl"})) return meaning::series;
    if (has_one_of(whole, {"imbalance", "cv", "dead_expert", "diversity", "balancedness", "maxvio",
                           "max_vio", "entropy", "utilization", "min_load", "max_load"}))
        return meaning::summary;
    return meaning::other;
}

namespace {

/// Takes an expert and its number off the end.
bool take_expert(std::string_view& from) {
    return take_digits(from) && take_word(from, {"expert", "experts"});
}

/// Of expert_5/layer_3 the layer before the expert, and of layer_3/expert_5/tokens what is told
/// before it; empty for others.
std::string with_expert_last(std::string_view name) {
    auto of_layer = name;
    if (take_digits(of_layer) && take_layer_word(of_layer)) {
        auto words = of_layer;
        if (!take_expert(words)) return {};
        return std::string(words)
            .append(name.substr(of_layer.size()))
            .append(of_layer.substr(words.size()));
    }
    const auto last = name.find_last_of("/.");
    if (last == std::string_view::npos) return {};
    const auto before = name.substr(0, last);
    auto words = before;
    if (!take_expert(words)) return {};
    const auto means = meaning_of(name.substr(last + 1));
    if (means != meaning::load && means != meaning::score) return {};
    return std::string(words).append(name.substr(last)).append(before.substr(words.size()));
}

}  // namespace

std::optional<expert_name> expert_name_of(std::string_view name) {
    const auto turned = with_expert_last(name);
    if (!turned.empty()) name = turned;
    const auto expert = take_digits(name);
    if (!expert || !take_word(name, {"expert", "e", "experts"})) return std::nullopt;
    auto out = layer_within(name).value_or(expert_name{std::string(name), {}, 0});
    std::from_chars(expert->data(), expert->data() + expert->size(), out.expert);
    take_rank(out);
    return out;
}

std::optional<expert_name> layer_name_of(std::string_view name) {
    auto out = layer_within(name);
    if (out) take_rank(*out);
    if (out && name.ends_with(out->layer)) return out;  // it is the last word
    if (!out) return out;
    for (const auto word :
         {name.substr(name.find_last_of("/.") + 1), std::string_view(out->family)})
        if (const auto means = meaning_of(word); means == meaning::load || means == meaning::score)
            return out;
    return std::nullopt;
}

}  // namespace moebius
