// SPDX-License-Identifier: MIT
#include "gate_tensors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <utility>

#include "load_names.hpp"
#include "log_builder.hpp"

namespace moebius {
namespace {

using name_parts = std::vector<std::string_view>;

name_parts parts_of(std::string_view name) {
    name_parts out;
    for (;; name.remove_prefix(out.back().size() + 1)) {
        out.push_back(name.substr(0, name.find('.')));
        if (out.back().size() == name.size()) return out;
    }
}

bool is_one_of_these(std::string_view word, std::initializer_list<std::string_view> known) {
    return std::find(known.begin(), known.end(), word) != known.end();
}

/// Its number, or all that stands before the tensor's own name.
std::string layer_of(const name_parts& parts) {
    for (std::size_t i = 1; i < parts.size(); ++i)
        if (is_one_of_these(parts[i - 1], {"layers", "layer", "blocks", "block", "h"}) &&
            !parts[i].empty() && parts[i].find_first_not_of("0123456789") == std::string_view::npos)
            return std::string(parts[i]);
    if (parts.size() < 2) return "0";
    return fmt::format("{}", fmt::join(parts.begin(), parts.end() - 1, "."));
}

enum class gate_part { none, weights, biases };

gate_part part_in(const name_parts& parts) {
    const auto last = parts.back();
    const auto of = parts.size() > 1 ? parts[parts.size() - 2] : std::string_view();
    const bool is_of_gate = is_one_of_these(of, {"gate", "router", "wg"}) &&
                            std::none_of(parts.begin(), parts.end(), [](std::string_view part) {
                                return part.find("attn") != std::string_view::npos ||
                                       part.find("attention") != std::string_view::npos;
                            });
    if (is_one_of_these(
            last, {"e_score_correction_bias", "expert_bias", "score_bias", "expert_bias_E"}) ||
        (is_of_gate && last == "bias"))
        return gate_part::biases;
    return is_of_gate && last == "weight" ? gate_part::weights : gate_part::none;
}

bool has_any_of(std::string_view name, std::initializer_list<std::string_view> words) {
    std::string small(name);
    std::transform(small.begin(), small.end(), small.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
        return small.find(word) != std::string::npos;
    });
}

/// Whether a matrix is by its name that of another part of a model, or has more rows than a layer
/// has experts.
bool is_of_another_part(const tensor_info& one) {
    constexpr std::size_t most = 1 << 12;  // twice the experts of the largest Switch layer
    return one.shape.front() > most ||
           has_any_of(one.name,
                      {"embed", "wte", "wpe", "lm_head", "vocab", "proj", "attn", "attention",
                       "norm", "lora", "conv", "fc1", "fc2", "classifier", "experts", "qkv"});
}

bool says_gate(std::string_view name) {
    return has_any_of(name, {"gate", "gating", "router", "routing", "wg", "switch"});
}

/// Whether a file has one matrix, and that one may be a gate's.
bool has_matrix_alone(const std::vector<tensor_info>& all) {
    const auto is_matrix = [](const tensor_info& one) { return one.shape.size() > 1; };
    return std::count_if(all.begin(), all.end(), is_matrix) == 1 &&
           !is_of_another_part(*std::find_if(all.begin(), all.end(), is_matrix));
}

/// @param is_alone  whether its file has one matrix, which is taken for a gate's then
gate_part part_of(const tensor_info& one, bool is_alone) {
    const auto parts = parts_of(one.name);
    const auto named = part_in(parts);
    if (named != gate_part::none || !is_alone) return named;
    if (one.shape.size() == 2) return gate_part::weights;
    return parts.back() == "bias" ? gate_part::biases : gate_part::none;
}

using gates_by_layer = std::map<std::string, gate_tensors>;

void put(gate_part part, const std::string& name, const std::string& file, gates_by_layer& to) {
    auto layer = layer_of(parts_of(name));
    auto& gate = to[layer];
    gate.layer = std::move(layer);
    auto& place = part == gate_part::weights ? gate.weights : gate.biases;
    if (place.is_there())
        throw io_error(file,
                       fmt::format("'{}' and '{}' are both of the gate of layer {}, but each "
                                   "has one",
                                   excerpt(place.tensor), excerpt(name), excerpt(gate.layer)));
    place = {file, name};
    gate.is_guess = gate.is_guess || (part == gate_part::weights && !says_gate(name));
}

}  // namespace

std::string gate_tensors::place::text() const { return fmt::format("{}:{}", file, tensor); }

std::vector<gate_tensors> gates_in(std::span<const std::string> files) {
    gates_by_layer found;
    std::string others;
    for (const auto& file : files) {
        const auto all = tensors_of(file);
        const bool is_alone = has_matrix_alone(all);
        for (const auto& one : all)
            if (const auto part = part_of(one, is_alone); part != gate_part::none)
                put(part, one.name, file, found);
            else
                add_name(others, one.name);
    }
    if (found.empty())
        throw io_error(files.front(),
                       fmt::format("none of its tensors is a gate's by its name: gate.weight, "
                                   "router.weight, e_score_correction_bias or expert_bias is "
                                   "needed, and it has {}",
                                   others.empty() ? "none" : others));
    std::vector<gate_tensors> out;
    for (auto& [layer, gate] : found) out.push_back(std::move(gate));
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return come_in_order(a.layer, b.layer); });
    return out;
}

}  // namespace moebius
