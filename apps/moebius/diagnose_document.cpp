// SPDX-License-Identifier: MIT
#include "diagnose_document.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/row_writer.hpp>
#include <moebius/base/text.hpp>
#include <optional>
#include <set>

#include "diagnose_terms.hpp"
#include "layer_columns.hpp"
#include "report_lines.hpp"

namespace moebius::cli {
namespace {

std::string layer_name(const diagnosis& log, std::size_t layer) {
    return layer < log.head.layers.size() ? log.head.layers[layer] : std::to_string(layer);
}

bool has_biases(const std::vector<layer_state>& states) {
    return std::any_of(states.begin(), states.end(),
                       [](const layer_state& one) { return !std::isnan(one.bias_spread); });
}

/// A measure in the width of its column.
std::string cell(const state_measure& measure, const layer_state& of) {
    return known(measure.name == "dead" ? "{:.0f}" : "{:.4g}", of.*measure.value);
}

/// @param biases  whether a log has any
std::vector<state_measure> shown_measures(bool biases) {
    std::vector<state_measure> out;
    for (const auto& one : state_measures())
        if (biases || !one.of_biases) out.push_back(one);
    return out;
}

/// Of the column of names, which differ at their ends.
std::size_t name_width(const diagnosis& log) {
    std::size_t out = 12;
    for (const auto& name : log.head.layers) out = std::max(out, excerpt(name, 30).size());
    return out;
}

void add_table(const diagnosis& log, report_lines& out) {
    const auto measures = shown_measures(has_biases(log.states));
    const auto width = name_width(log);
    out.add("{:>{}} {:>9}", "layer", width, "steps");
    for (const auto& one : measures) out.add(" {:>10}", one.title);
    out.add("\n");
    for (std::size_t l = 0; l < log.states.size(); ++l) {
        out.add("{:>{}} {:>9}", excerpt(layer_name(log, l), 30), width, log.states[l].steps);
        for (const auto& one : measures) out.add(" {:>10}", cell(one, log.states[l]));
        out.add("\n");
    }
    if (log.states.size() < 2) return;
    const auto over = percentiles_of(log.states);
    for (std::size_t row = 0; row < over.rows(); ++row) {
        out.add("{:>{}} {:>9}", percentile_name(over.at("percentile")[row]), width, "");
        for (const auto& one : measures)
            out.add(" {:>10}", known("{:.4g}", over.at(one.name)[row]));
        out.add("\n");
    }
}

std::string number_of(const margin& one) {
    return fmt::format("{:.4g} [{:.4g}, {:.4g}]", one.value, one.low, one.high);
}

/// Since when a layer has collapsed, or that it had.
std::string collapse_words(const layer_diagnosis& one) {
    if (one.verdict == load_verdict::collapsed)
        return fmt::format("; first seen collapsed at step {}", one.collapsed->first);
    return fmt::format("; loads were as those of a collapsed router from step {} to {}",
                       one.collapsed->first, one.collapsed->last);
}

/// The reason of a verdict, what is left, and what to turn.
std::string told(const layer_diagnosis& one) {
    std::string out = one.reason;
    if (one.feedback) out += fmt::format("; K = {}", number_of(*one.feedback));
    for (const auto& left : one.margins)
        out += fmt::format("; margin {} from {}", number_of(left), left.of);
    if (one.collapsed) out += collapse_words(one);
    if (one.warned_at) out += fmt::format("; first warned of at step {}", *one.warned_at);
    if (!one.knob.empty()) out += fmt::format("; {}", one.knob);
    return out;
}

/// Sentences, each once, with the layers that it is of.
class shared_sentences {
public:
    void add(const std::string& sentence, std::size_t layer) {
        const auto found = std::find_if(said_.begin(), said_.end(),
                                        [&](const auto& one) { return one.first == sentence; });
        if (found == said_.end())
            said_.push_back({sentence, {layer}});
        else
            found->second.push_back(layer);
    }
    [[nodiscard]] const auto& all() const noexcept { return said_; }

private:
    std::vector<std::pair<std::string, std::vector<std::size_t>>> said_;
};

void add_distances(const diagnosis& log, report_lines& out) {
    shared_sentences said;
    for (std::size_t l = 0; l < log.distances.size(); ++l)
        said.add(fmt::format("{}: {}", to_string(log.distances[l].verdict), told(log.distances[l])),
                 l);
    for (const auto& [sentence, layers] : said.all())
        out.add("distance of {}: {}\n", layers_text(log.head, layers), sentence);
}

void add_definitions_of_distances(const std::vector<diagnosis>& logs, report_lines& out) {
    bool gains = false, margins = false;
    for (const auto& log : logs)
        for (const auto& layer : log.distances) {
            gains = gains || layer.feedback;
            margins = margins || !layer.margins.empty();
        }
    for (const auto& one : diagnose_terms())
        if ((gains && one.name == "K") || (margins && one.name == "margin"))
            out.add("{}: {}\n", one.title, one.definition);
}

/// What cannot be told, and of which layers.
std::vector<std::string> limits_of(const diagnosis& log) {
    shared_sentences said;
    for (std::size_t l = 0; l < log.distances.size(); ++l)
        for (const auto& one : log.distances[l].notes) said.add(one, l);
    std::vector<std::string> out;
    for (const auto& [sentence, layers] : said.all())
        out.push_back(fmt::format("{}: {}", layers_text(log.head, layers), sentence));
    return out;
}

void add_rows(const diagnosis& log, double number, row_writer& rows, std::size_t& row) {
    for (std::size_t l = 0; l < log.states.size(); ++l) {
        rows.next();
        rows.put("log", number);
        rows.put("layer", static_cast<double>(row++));
        put_layer(log.states[l], log.distances[l], rows);
    }
}

/// What a result says in words: of each layer, and of all.
struct sentences {
    std::vector<std::string> names, layers, limits, findings, notes;
    std::vector<std::vector<std::string>> texts{layer_texts().size()};  ///< as layer_texts

    void add(const diagnosis& log) {
        const auto prefix = log.name.empty() ? "" : log.name + ": ";
        names.push_back(log.name);
        for (std::size_t l = 0; l < log.states.size(); ++l) {
            layers.push_back(layer_name(log, l));
            for (std::size_t i = 0; i < texts.size(); ++i)
                texts[i].push_back(layer_texts()[i].of(log.distances[l]));
        }
        for (const auto& one : limits_of(log)) limits.push_back(prefix + one);
        for (const auto& one : log.findings) findings.push_back(prefix + one);
        for (const auto& one : log.notes) notes.push_back(prefix + one);
    }
};

/// Rows of a table of layers and steps.
/// @param before  layers of the logs before this one
void add_steps(const table& of_log, std::size_t before, row_writer& rows) {
    for (std::size_t r = 0; r < of_log.rows(); ++r) {
        rows.next();
        for (std::size_t c = 0; c < of_log.names.size(); ++c)
            rows.put(of_log.names[c],
                     of_log.columns[c][r] + (c == 0 ? static_cast<double>(before) : 0));
    }
}

void add_percentiles(const diagnosis& log, double number, row_writer& rows) {
    const auto over = percentiles_of(log.states);
    for (std::size_t r = 0; r < over.rows(); ++r) {
        rows.next();
        rows.put("log", number);
        for (std::size_t c = 0; c < over.names.size(); ++c)
            rows.put(over.names[c], over.columns[c][r]);
    }
}

}  // namespace

std::vector<layer_diagnosis> all_layers(const std::vector<diagnosis>& logs) {
    std::vector<layer_diagnosis> all;
    for (const auto& log : logs) all.insert(all.end(), log.distances.begin(), log.distances.end());
    return all;
}

result_document document_of(const std::vector<diagnosis>& logs, result_heading heading) {
    table layers, over_layers, history, margins = no_margins();
    row_writer rows(layers), percentiles(over_layers), steps(history), distances(margins);
    sentences said;
    std::size_t row = 0;
    for (std::size_t i = 0; i < logs.size(); ++i) {
        const auto number = static_cast<double>(i + 1);
        add_steps(logs[i].history, row, steps);
        add_steps(logs[i].margins, row, distances);
        add_rows(logs[i], number, rows, row);
        add_percentiles(logs[i], number, percentiles);
        said.add(logs[i]);
    }
    result_document out{std::move(heading),
                        {{"layers", std::move(layers)},
                         {"percentiles", std::move(over_layers)},
                         {"history", std::move(history)},
                         {"margins", std::move(margins)},
                         {"logs", std::move(said.names)},
                         {"layer_names", std::move(said.layers)},
                         {"verdicts", verdict_names()},
                         {"cannot_be_told", std::move(said.limits)},
                         {"definitions", diagnose_definitions()},
                         {"notes", std::move(said.notes)},
                         {"findings", std::move(said.findings)},
                         {"verdict", std::string(to_string(worst_of(all_layers(logs))))}}};
    for (std::size_t i = 0; i < said.texts.size(); ++i)
        out.sections.push_back({std::string(layer_texts()[i].list), std::move(said.texts[i])});
    return out;
}

std::vector<std::string> remarks_on(const std::vector<diagnosis>& logs) {
    std::vector<std::string> out;
    std::set<std::string> said;  // of several logs in one file
    for (const auto& log : logs) {
        for (const auto& one : log.notes)
            if (said.insert(one).second) out.push_back("read: " + one);
        for (const auto& one : log.findings)
            if (said.insert(one).second) out.push_back(one);
    }
    return out;
}

std::string summary_of(const std::vector<diagnosis>& logs) {
    report_lines out;
    bool biases = false;
    for (const auto& log : logs) {
        if (!log.name.empty()) out.add("{}\n", excerpt(log.name));
        add_table(log, out);
        add_distances(log, out);
        biases = biases || has_biases(log.states);
    }
    for (const auto& one : remarks_on(logs)) out.add("{}\n", one);
    std::set<std::string> said;
    for (const auto& log : logs)
        for (const auto& one : limits_of(log))
            if (said.insert(one).second) out.add("{}\n", one);
    for (const auto& one : shown_measures(biases)) out.add("{}: {}\n", one.title, one.definition);
    add_definitions_of_distances(logs, out);
    return out.take();
}

}  // namespace moebius::cli
