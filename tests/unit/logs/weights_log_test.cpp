// SPDX-License-Identifier: MIT
// Checkpoints: what is told of their gates and biases.
#include <fmt/format.h>

#include <catch.hpp>
#include <moebius/logs/load_state.hpp>
#include <moebius/logs/log_check.hpp>
#include <string>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using sample::refusal_of;
using sample::says;

namespace weights_file {
namespace {

struct tensor {
    std::string name;
    std::vector<int> shape;
    std::vector<float> values;
};

std::string list(const std::vector<int>& shape) {
    std::string out;
    for (const int axis : shape) out += (out.empty() ? "" : ", ") + std::to_string(axis);
    return out;
}

/// @source  huggingface.co/docs/safetensors, section Format
std::string of(const std::vector<tensor>& tensors) {
    std::string header, data;
    for (const auto& one : tensors) {
        const auto begin = data.size();
        for (const float value : one.values) sample::append(data, value);
        header += fmt::format(
            "{}\"{}\": {{\"dtype\": \"F32\", \"shape\": [{}], \"data_offsets\": [{}, {}]}}",
            header.empty() ? "" : ", ", one.name, list(one.shape), begin, data.size());
    }
    header = "{" + header + "}";
    std::string out;
    sample::append(out, static_cast<std::uint64_t>(header.size()));
    return out + header + data;
}

/// Rows of 2 features of norms 5, 1 and 2.
tensor gate(const std::string& name) { return {name, {3, 2}, {3, 4, 0, 1, 2, 0}}; }

}  // namespace
}  // namespace weights_file

TEST_CASE("the gates of a checkpoint are found, and the state of their biases is told", "[logs]") {
    const std::string in = "model.layers.";
    const auto bytes = weights_file::of({
        weights_file::gate(in + "10.mlp.gate.weight"),
        {in + "10.mlp.gate.e_score_correction_bias", {3}, {34.5F, 34.25F, 34.75F}},
        {in + "10.mlp.experts.0.gate_proj.weight", {2, 2}, {1, 2, 3, 4}},
        {in + "10.mlp.shared_expert_gate.weight", {1, 2}, {1, 2}},
        weights_file::gate(in + "2.mlp.gate.weight"),
        {in + "2.mlp.gate.e_score_correction_bias", {3}, {-0.5F, 0, 0.25F}},
        {in + "2.self_attn.gate.weight", {2, 2}, {1, 2, 3, 4}},
    });

    auto log = sample::open({bytes});
    const auto& head = log.source->head();
    CHECK(head.layers == std::vector<std::string>{"2", "10"});
    CHECK(head.experts == 3);
    CHECK(says(log.notes,
               "gate of layer 10: weights of 3 experts and 2 features, of norms from 1 "
               "(expert 1) to 5 (expert 0), 2.667 in the mean"));
    CHECK(says(log.notes, "moebius simulate --tokens FILE --gate '"));

    load_state state;
    log_check check(head);
    for (load_record one; log.source->next(one);) {
        state.take(one);
        check.take(one);
    }
    const auto layers = state.layers();
    CHECK(std::isnan(layers[0].max_over_mean));
    CHECK_THAT(layers[1].bias_offset, WithinAbs(34.5, 1e-12));
    CHECK(layers[1].bias_spread == 0.5);
    CHECK(layers[1].bias_step == 0.25);  // from 32 to 64
    CHECK(layers[0].bias_step < 0.01);
    const auto found = check.findings({}, layers);
    CHECK(says(found, "a snapshot has no dynamics"));
    CHECK(says(found, "bias: layer 10: at their offset bfloat16 rounds biases to 0.25"));
    CHECK(check.veto(0) == "it has no loads");
}

TEST_CASE("gates have many names, and stand in several files", "[logs]") {
    for (const auto* name :
         {"model.layers.4.block_sparse_moe.gate.weight", "decoder.layers.4.mlp.router.weight",
          "layers.4.moe.router.gate.weight", "model.layers.4.feed_forward.router.weight"})
        CHECK(sample::open({weights_file::of({weights_file::gate(name)})}).source->head().layers ==
              std::vector<std::string>{"4"});
    CHECK(
        sample::open({weights_file::of({weights_file::gate("anything")})}).source->head().layers ==
        std::vector<std::string>{"0"});
    const auto is_guess = [](const std::string& name) {
        return says(sample::open({weights_file::of({weights_file::gate(name)})}).notes,
                    "was taken for the weights of a gate");
    };
    CHECK(is_guess("anything"));
    CHECK_FALSE(is_guess("moe_gate"));
    CHECK_FALSE(is_guess("model.layers.4.mlp.gate.weight"));
    const auto biases = sample::read(
        {weights_file::of({{"decoder.layers.1.mlp.router.expert_bias", {3}, {1, 2, 3}}}),
         weights_file::of({weights_file::gate("decoder.layers.0.mlp.router.weight"),
                           {"decoder.layers.0.mlp.router.expert_bias", {3}, {4, 5, 6}}})});
    REQUIRE(biases.size() == 6);
    CHECK(biases[0].score == 4);
    CHECK(biases[5].score == 3);
}

TEST_CASE("a checkpoint without gates, or of gates that differ, is refused", "[logs][error]") {
    const auto gate = weights_file::gate("layers.0.gate.weight");
    const std::pair<std::vector<weights_file::tensor>, std::string> cases[] = {
        {{weights_file::gate("a.q_proj.weight"), weights_file::gate("a.k_proj.weight")},
         "FILE: none of its tensors is a gate's by its name: gate.weight, router.weight, "
         "e_score_correction_bias or expert_bias is needed, and it has a.k_proj.weight, a.q_p"},
        {{weights_file::gate("model.embed_tokens.weight"),
          {"model.embed_tokens.bias", {3}, {1, 2, 3}}},
         "FILE: none of its tensors is a gate's by its name: gate.weight, router.weight, "},
        {{{"weight", {5000, 1}, std::vector<float>(5000, 1)}},
         "FILE: none of its tensors is a gate's"},
        {{weights_file::gate("layers.0.mlp.gate_proj.weight")},
         "and it has layers.0.mlp.gate_proj"},
        {{gate, weights_file::gate("layers.0.router.weight")},
         "'layers.0.gate.weight' and 'layers.0.router.weight' are both of the gate of layer 0"},
        {{gate, {"layers.1.gate.weight", {2, 2}, {1, 2, 3, 4}}},
         "FILE:layers.1.gate.weight: it has 2 experts, but the first layer 3"},
        {{gate, {"layers.0.gate.bias", {2}, {1, 2}}},
         "FILE:layers.0.gate.bias: it has 2 biases, but its gate 3 experts"},
        {{{"layers.0.gate.weight", {4}, {1, 2, 3, 4}}},
         "FILE:layers.0.gate.weight: its shape is (4), but a gate has (experts, features)"},
        {{{"layers.0.gate.weight", {2, 1}, {1, std::numeric_limits<float>::quiet_NaN()}}},
         "FILE:layers.0.gate.weight: number 1 is nan, but it must be finite"},
    };
    for (const auto& [tensors, sentence] : cases)
        CHECK_THAT(refusal_of(weights_file::of(tensors)), ContainsSubstring(sentence));
    const auto whole = weights_file::of({gate});
    CHECK_THAT(refusal_of(whole.substr(0, whole.size() - 2)),
               ContainsSubstring("FILE: its tensors have 24 bytes, but 22 follow the header"));
    CHECK_THAT(refusal_of(whole, {.experts = 2}), ContainsSubstring("experts is 2, and it has"));
}
