// SPDX-License-Identifier: MIT
#include "record_settings.hpp"

namespace moebius {

using nlohmann::json;

void record_settings::setting::take(const json& record, std::initializer_list<const char*> names,
                                    std::optional<double>& to) {
    for (const auto* name : names) {
        const auto found = record.find(name);
        if (found == record.end() || !found->is_number()) continue;
        const auto came = found->get<double>();
        if (!is_met) is_taken = !to;
        if (is_taken && !is_met) to = came;
        if (is_taken && is_met && came != value) {
            to.reset();
            is_taken = false;
        }
        is_met = true;
        value = came;
        return;
    }
}

void record_settings::take(const json& record, const std::string& place, bool whole, log_head& to) {
    if (const auto config = record.find("config"); config != record.end())
        read_config(config->is_string() ? config->get<std::string>() : config->dump(), place, to);
    top_k_.take(record, {"top_k", "topk"}, to.top_k);
    if (whole) tokens_.take(record, {"tokens", "num_tokens"}, to.tokens);
}

}  // namespace moebius
