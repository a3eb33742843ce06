// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/tokens/gate_file.hpp>
#include <moebius/tokens/safetensors.hpp>
#include <moebius/tokens/token_file.hpp>
#include <utility>

namespace moebius {
namespace {

constexpr std::string_view by_features = "features-by-experts", by_experts = "experts-by-features";

[[noreturn]] void reject_file(std::string_view got, std::string_view needed) {
    throw invalid_argument("gate", got, needed);
}

/// Row by row in place of column by column.
std::vector<double> transposed(const std::vector<double>& from, std::size_t rows,
                               std::size_t columns) {
    std::vector<double> to(from.size());
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) to[c * rows + r] = from[r * columns + c];
    return to;
}

[[noreturn]] void reject_shape(const gate_file& from, const std::vector<std::size_t>& shape,
                               std::size_t features, bool labels) {
    std::string needed = fmt::format("({0}), ({0}, experts) or (experts, {0}) is needed", features);
    if (from.layout == gate_layout::features_by_experts)
        needed = fmt::format("({0}, experts) is needed", features);
    if (from.layout == gate_layout::experts_by_features)
        needed = fmt::format("(experts, {0}) is needed", features);
    reject_file(fmt::format("the shape in {} is ({})", from.path, fmt::join(shape, ", ")),
                fmt::format("{} for {} features, {} the last column, and 2 experts or more", needed,
                            features, labels ? "without" : "with"));
}

bool is_safetensors(std::string_view path) {
    return path.ends_with(safetensors_ending) ||
           path.find(std::string(safetensors_ending) + ':') != std::string_view::npos;
}

/// The finite numbers of an array in a file of either kind.
number_array read_array(const std::string& path) {
    const auto [place, name] = array_place_of(path);
    auto array = is_safetensors(path) ? read_safetensors(place, name) : read_npy(path);
    if (const auto bad = std::find_if_not(array.values.begin(), array.values.end(),
                                          [](double value) { return std::isfinite(value); });
        bad != array.values.end())
        reject_file(fmt::format("value {} in {} is {}", bad - array.values.begin() + 1, path, *bad),
                    "a gate must be finite");
    return array;
}

/// What PyTorch's linear layer has beside its weight, of so many experts; empty if it has none.
std::vector<double> biases_beside(const std::string& path, std::size_t experts) {
    constexpr std::string_view weight = ".weight";
    const auto [place, name] = array_place_of(path);
    if (!is_safetensors(path) || !name.ends_with(weight)) return {};
    const auto bias = name.substr(0, name.size() - weight.size()) + ".bias";
    if (!has_tensor(place, bias)) return {};
    auto biases = read_array(place + ':' + bias);
    if (biases.shape != std::vector{experts})
        reject_file(fmt::format("the shape of {} is ({})", bias, fmt::join(biases.shape, ", ")),
                    fmt::format("({}) is needed", experts));
    return std::move(biases.values);
}

}  // namespace

std::optional<gate_file> gate_file_of(std::string_view gate) {
    constexpr std::string_view option = ",layout=";
    const auto is_file = [](std::string_view text) {
        return text.ends_with(".npy") || text.ends_with(".npz") ||
               text.find(".npz:") != std::string_view::npos || is_safetensors(text);
    };
    const auto at = gate.rfind(option);
    if (at == std::string_view::npos || !is_file(gate.substr(0, at))) {
        if (!is_file(gate)) return {};
        return gate_file{std::string(gate), gate_layout::by_shape};
    }
    const auto name = gate.substr(at + option.size());
    if (name != by_features && name != by_experts)
        reject_file(fmt::format("layout={} came", name),
                    fmt::format("{} or {} is needed", by_features, by_experts));
    return gate_file{std::string(gate.substr(0, at)), name == by_features
                                                          ? gate_layout::features_by_experts
                                                          : gate_layout::experts_by_features};
}

gate_weights read_gate(const gate_file& from, std::size_t features, bool labels) {
    auto [shape, values] = read_array(from.path);
    if (shape.size() == 1 && shape[0] == features && from.layout == gate_layout::by_shape)
        return {0, std::move(values), {}};
    const auto fits = [&shape = shape, features](std::size_t axis) {  // beside two experts or more
        return shape.size() == 2 && shape[axis] == features && shape[1 - axis] > 1;
    };
    const bool turned = fits(1) && from.layout != gate_layout::features_by_experts;
    const bool known = turned && is_safetensors(from.path);  // PyTorch's order
    const bool plain = !known && fits(0) && from.layout != gate_layout::experts_by_features;
    if (plain && turned)
        reject_file(fmt::format("the shape in {} is ({})", from.path, fmt::join(shape, ", ")),
                    fmt::format("of a square one it must be said which axis is which: "
                                "{0},layout={1} or {0},layout={2}",
                                from.path, by_features, by_experts));
    if (plain) return {shape[1], std::move(values), biases_beside(from.path, shape[1])};
    if (turned)
        return {shape[0], transposed(values, shape[0], shape[1]),
                biases_beside(from.path, shape[0])};
    reject_shape(from, shape, features, labels);
}

}  // namespace moebius
