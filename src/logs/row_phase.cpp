// SPDX-License-Identifier: MIT
#include "row_phase.hpp"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <string>

namespace moebius {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

bool is_any_of(const std::string& text, std::initializer_list<std::string_view> known) {
    return std::find(known.begin(), known.end(), text) != known.end();
}

bool has_words(const std::string& name) {
    return is_any_of(name, {"split", "phase", "mode", "stage"});
}
bool flags_evaluation(const std::string& name) {
    return is_any_of(name, {"is_eval", "eval", "is_evaluation", "evaluation", "is_validation"});
}
bool flags_training(const std::string& name) {
    return is_any_of(name, {"is_training", "training", "is_train", "train"});
}

}  // namespace

bool names_phase(std::string_view name) {
    const auto of = lower(name);
    return has_words(of) || flags_evaluation(of) || flags_training(of);
}

row_phase phase_of(std::string_view name, std::string_view value) {
    const auto of = lower(name), says = lower(value);
    if (has_words(of)) {
        if (is_any_of(says, {"train", "training"})) return row_phase::training;
        return is_any_of(says, {"eval", "evaluation", "val", "valid", "validation", "test"})
                   ? row_phase::evaluation
                   : row_phase::unsaid;
    }
    const bool is_true = is_any_of(says, {"true", "1", "1.0"});
    if (!is_true && !is_any_of(says, {"false", "0", "0.0"})) return row_phase::unsaid;
    if (flags_evaluation(of)) return is_true ? row_phase::evaluation : row_phase::training;
    if (flags_training(of)) return is_true ? row_phase::training : row_phase::evaluation;
    return row_phase::unsaid;
}

}  // namespace moebius
