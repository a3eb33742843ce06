// SPDX-License-Identifier: MIT
#include "weights_log.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <numeric>
#include <utility>
#include <vector>

#include "gate_tensors.hpp"
#include "log_builder.hpp"

namespace moebius {
namespace {

/// A record a layer, of loads that are not known.
class snapshot_of_biases final : public log_source {
public:
    snapshot_of_biases(log_head head, std::vector<std::vector<double>> biases)
        : head_(std::move(head)), biases_(std::move(biases)), loads_(head_.experts) {}

    const log_head& head() const override { return head_; }

    bool next(load_record& record) override {
        if (at_ == biases_.size()) return false;
        record = {0, at_, loads_, biases_[at_], {}, {}};
        ++at_;
        return true;
    }

private:
    log_head head_;
    std::vector<std::vector<double>> biases_;  ///< of each layer, or none
    std::vector<double> loads_;
    std::size_t at_ = 0;
};

void require_finite(const number_array& numbers, const gate_tensors::place& at) {
    const auto bad =
        std::find_if_not(numbers.values.begin(), numbers.values.end(), is_number_of_log);
    if (bad != numbers.values.end())
        throw io_error(at.text(), fmt::format("number {} is {}, but it {}",
                                              bad - numbers.values.begin(), *bad, number_rule));
}

/// What a gate's tensors are.
struct told_gate {
    std::string weights;
    std::size_t experts = 0;  ///< by its weights
    std::vector<double> biases;

    void take_biases(number_array numbers, const gate_tensors::place& at) {
        require_finite(numbers, at);
        if (numbers.shape.size() != 1 || numbers.values.size() > load_table::most_experts)
            throw io_error(at.text(),
                           fmt::format("its shape is ({}), but a bias of each of {} experts "
                                       "at most is needed",
                                       fmt::join(numbers.shape, ", "), load_table::most_experts));
        biases = std::move(numbers.values);
    }

    void take_weights(const number_array& numbers, const gate_tensors& gate) {
        const auto& [shape, values] = numbers;
        require_finite(numbers, gate.weights);
        if (shape.size() != 2 || shape[0] < 2 || shape[0] > load_table::most_experts ||
            shape[1] == 0)
            throw io_error(
                gate.weights.text(),
                fmt::format("its shape is ({}), but a gate has (experts, features), of 2 "
                            "to {} experts",
                            fmt::join(shape, ", "), load_table::most_experts));
        experts = shape[0];
        std::vector<double> norms;
        for (std::size_t e = 0; e < experts; ++e) {
            const auto row = std::span(values).subspan(e * shape[1], shape[1]);
            norms.push_back(
                std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0)));
        }
        const auto [least, most] = std::minmax_element(norms.begin(), norms.end());
        weights = fmt::format(
            "gate of layer {}: weights of {} experts and {} features, of norms from {:.4g} (expert "
            "{}) to {:.4g} (expert {}), {:.4g} in the mean",
            excerpt(gate.layer), experts, shape[1], *least, least - norms.begin(), *most,
            most - norms.begin(),
            std::accumulate(norms.begin(), norms.end(), 0.0) / static_cast<double>(experts));
    }
};

/// Of all gates what one file has.
void read_file(const std::string& file, const std::vector<gate_tensors>& gates,
               std::vector<told_gate>& to) {
    std::vector<std::string> names;
    std::vector<std::size_t> of;
    for (std::size_t g = 0; g < gates.size(); ++g)
        for (const auto* place : {&gates[g].weights, &gates[g].biases})
            if (place->is_there() && place->file == file) {
                names.push_back(place->tensor);
                of.push_back(g);
            }
    read_safetensors(file, names, [&](std::size_t i, number_array numbers) {
        const auto& gate = gates[of[i]];
        if (names[i] == gate.weights.tensor)
            to[of[i]].take_weights(numbers, gate);
        else
            to[of[i]].take_biases(std::move(numbers), gate.biases);
    });
}

/// How loads can be had.
std::string text_of_loads(const std::vector<gate_tensors>& gates) {
    const auto gate = std::find_if(gates.begin(), gates.end(),
                                   [](const auto& one) { return one.weights.is_there(); });
    const std::string from = gate == gates.end() ? "FILE.safetensors:NAME" : gate->weights.text();
    return fmt::format(
        "weights say nothing of loads: moebius simulate --tokens FILE --gate '{}' --log loads.npz "
        "sends tokens through a gate, and a log of its training has what its course is told from",
        excerpt(from, 200));
}

}  // namespace

opened_log open_weights(std::span<const std::string> files) {
    const auto gates = gates_in(files);
    opened_log out;
    log_head head;
    head.has_steps = false;
    std::vector<told_gate> told(gates.size());
    for (const auto& file : files) read_file(file, gates, told);
    std::vector<std::vector<double>> biases;
    for (std::size_t g = 0; g < gates.size(); ++g) {
        const auto& gate = gates[g];
        if (!told[g].weights.empty()) out.notes.push_back(told[g].weights);
        if (gate.is_guess)
            out.notes.push_back(
                fmt::format("'{}' was taken for the weights of a gate, as its file has no other "
                            "matrix: its name does not say so",
                            excerpt(gate.weights.tensor)));
        const auto& of_gate = biases.emplace_back(std::move(told[g].biases));
        const std::size_t experts = gate.weights.is_there() ? told[g].experts : of_gate.size();
        if (head.experts == 0) head.experts = experts;
        if (!of_gate.empty() && of_gate.size() != experts)
            throw io_error(
                gate.biases.text(),
                fmt::format("it has {} biases, but its gate {} experts", of_gate.size(), experts));
        if (experts != head.experts || experts == 0)
            throw io_error(
                gate.biases.is_there() ? gate.biases.text() : gate.weights.text(),
                fmt::format("it has {} experts, but the first layer {}", experts, head.experts));
        head.layers.push_back(gate.layer);
    }
    out.notes.push_back(text_of_loads(gates));
    out.source = std::make_unique<snapshot_of_biases>(std::move(head), std::move(biases));
    return out;
}

}  // namespace moebius
