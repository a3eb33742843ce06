// SPDX-License-Identifier: MIT
//
// Commands as a C++ program calls the library for them, for tests/python/test_commands.py: prints a
// JSON object, the words of a command -> the document of its numbers.
#include <cstdio>
#include <initializer_list>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <moebius/bifurcation/stable_regions.hpp>
#include <moebius/dynamics/slow_sweep.hpp>
#include <moebius/io/json_file.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/registry.hpp>
#include <moebius/simulate/replicas.hpp>
#include <moebius/tokens/token_source.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace moebius;

namespace {

problem with(problem on, const named_numbers& set) {
    for (const auto& [name, value] : set) on.set(name, value);
    return on;
}

problem two(const named_numbers& set = {}) { return with(make_problem("two-expert"), set); }

problem softmax(std::size_t experts, const named_numbers& set = {}, bool controlled = false) {
    return with(make_problem("softmax", {.experts = experts, .controlled = controlled}), set);
}

problem exact_k(std::size_t experts, std::size_t k) {
    return make_problem("exact-k", {.experts = experts, .top_k = k});
}

/// One equation for each group of experts that no parameter tells apart.
problem grouped(const problem& on, std::initializer_list<parameter_range> varied) {
    if (!on.model->cells()) return on;
    std::vector<std::size_t> apart;
    for (const auto& range : varied) apart.push_back(on.index_of(range.name));
    return regrouped(on, coarsest_groups(on, apart));
}

std::string document(diagram found) { return to_json(diagram_document{{}, std::move(found)}); }

std::string diagram_of(const problem& on, const parameter_range& range,
                       const continuation_options& options = {}) {
    return document(equilibrium_diagram(grouped(on, {range}), range, options));
}

std::string orbits_of(const problem& on, const parameter_range& range, const map_rule& rule) {
    return document(period_diagram(grouped(on, {range}), rule, range));
}

std::string locus_of(const problem& on, const parameter_range& first,
                     const parameter_range& second) {
    const auto alike = grouped(on, {first, second});
    auto curves = locus(alike, first, second);
    count_in_regions(alike, first, second, curves);
    return document(std::move(curves));
}

std::string sweep_of(const problem& on, const parameter_range& range,
                     const slow_sweep_options& options) {
    const auto run = slow_sweep(on, range.name, range.from, range.to, std::vector{0.0}, options);
    return to_json(result_document{{}, {{"samples", run.samples}}});
}

std::string loop_of(std::size_t experts, double feedback, const loop_options& loop,
                    std::size_t steps) {
    simulate_options options;
    options.loop = loop;
    options.steps = steps;
    const auto run = simulate(no_tokens(experts), {.feedback = feedback}, options);
    return to_json(result_document{{}, {{"records", run.records}, {"summary", run.summary}}});
}

void tell(std::string_view words, const std::string& numbers) {
    static bool first = true;
    std::printf("%s\"%s\": %s", first ? "{" : ",\n", std::string(words).c_str(), numbers.c_str());
    first = false;
}

void tell_diagrams() {
    continuation_options short_steps;
    short_steps.max_step = 0.05;
    tell("diagram --vary feedback=0.5:20", diagram_of(two(), {"feedback", 0.5, 20}));
    tell("diagram --vary feedback=-4:8", diagram_of(two(), {"feedback", -4, 8}));
    tell("diagram --vary feedback=0:4 --set bias=0.1",
         diagram_of(two({{"bias", 0.1}}), {"feedback", 0, 4}));
    tell("diagram --vary bias=-3:3 --set feedback=4",
         diagram_of(two({{"feedback", 4}}), {"bias", -3, 3}));
    tell("diagram --vary beta=0.1:3 --set feedback=2 decay=0.5",
         diagram_of(two({{"feedback", 2}, {"decay", 0.5}}), {"beta", 0.1, 3}));
    tell("diagram --vary feedback=0.5:5 --max-step 0.05",
         diagram_of(two(), {"feedback", 0.5, 5}, short_steps));
    tell("diagram --model softmax --experts 3 --vary feedback=1:6",
         diagram_of(softmax(3), {"feedback", 1, 6}));
    tell("diagram --model softmax --experts 4 --vary feedback=1:8",
         diagram_of(softmax(4), {"feedback", 1, 8}));
    tell("diagram --model softmax --experts 4 --vary bias_1=-1:1 --set feedback=3.9",
         diagram_of(softmax(4, {{"feedback", 3.9}}), {"bias_1", -1, 1}));
    tell(
        "diagram --model softmax --experts 8 --controller integral,gain=0.5,leak=0.1 --vary "
        "feedback=6:9",
        diagram_of(softmax(8, {{"gain", 0.5}, {"leak", 0.1}}, true), {"feedback", 6, 9}));
    tell(
        "diagram --model softmax --experts 2 --controller integral,gain=1,leak=0.5 --vary "
        "feedback=0.5:12",
        diagram_of(softmax(2, {{"gain", 1}, {"leak", 0.5}}, true), {"feedback", 0.5, 12}));
    tell("diagram --model exact-k --experts 4 --top-k 2 --vary feedback=1:8",
         diagram_of(exact_k(4, 2), {"feedback", 1, 8}));
    tell("diagram --model exact-k --experts 5 --top-k 3 --vary feedback=1:12",
         diagram_of(exact_k(5, 3), {"feedback", 1, 12}));
}

void tell_orbits() {
    tell("diagram --vary feedback=0.5:5 --step 0.5", orbits_of(two(), {"feedback", 0.5, 5}, {0.5}));
    tell("diagram --vary feedback=-8:5 --step 0.5", orbits_of(two(), {"feedback", -8, 5}, {0.5}));
    tell("diagram --vary feedback=-8:-5 --step 0.5 --period 2",
         orbits_of(two(), {"feedback", -8, -5}, {0.5, 2}));
    tell("diagram --model softmax --experts 3 --vary feedback=1:6 --step 0.1",
         orbits_of(softmax(3), {"feedback", 1, 6}, {0.1}));
}

void tell_loci() {
    tell("locus --vary feedback=1.5:20 --vary bias=-9:9",
         locus_of(two(), {"feedback", 1.5, 20}, {"bias", -9, 9}));
    tell("locus --vary feedback=1.5:8 --vary beta=0.5:2",
         locus_of(two(), {"feedback", 1.5, 8}, {"beta", 0.5, 2}));
    tell("locus --vary bias=-3:3 --vary beta=0.5:2 --set feedback=4",
         locus_of(two({{"feedback", 4}}), {"bias", -3, 3}, {"beta", 0.5, 2}));
    tell(
        "locus --model softmax --experts 2 --controller integral --vary feedback=0.5:12 --vary "
        "gain=0.001:1",
        locus_of(softmax(2, {}, true), {"feedback", 0.5, 12}, {"gain", 0.001, 1}));
}

void tell_runs() {
    using enum sweep_direction;
    const auto at = two({{"feedback", 4}});
    tell("sweep --set feedback=4 --vary bias=-3:3 --rate 0.01",
         sweep_of(at, {"bias", -3, 3}, {.rate = 0.01}));
    tell("sweep --set feedback=4 --vary bias=-3:3 --rate 0.1 --direction up",
         sweep_of(at, {"bias", -3, 3}, {.rate = 0.1, .direction = up}));
    tell("sweep --set feedback=4 --vary bias=-3:3 --rate 0.1 --direction down",
         sweep_of(at, {"bias", -3, 3}, {.rate = 0.1, .direction = down}));
    tell("sweep --set bias=0.2 --vary feedback=0:6 --rate 0.05",
         sweep_of(two({{"bias", 0.2}}), {"feedback", 0, 6}, {.rate = 0.05}));
    tell("simulate --set feedback=1 --batch 256 --steps 400 --seed 1",
         loop_of(2, 1, {.tokens = 256, .seed = 1}, 400));
    tell("simulate --set feedback=1 --batch 257 --steps 100 --seed 9 --noise gaussian",
         loop_of(2, 1, {.tokens = 257, .noise = noise_law::gaussian, .seed = 9}, 100));
    tell("simulate --experts 4 --set feedback=2 --batch 256 --steps 100 --seed 3",
         loop_of(4, 2, {.tokens = 256, .seed = 3}, 100));
    tell("simulate --experts 8 --set feedback=9 --batch 1024 --steps 50 --seed 4",
         loop_of(8, 9, {.tokens = 1024, .seed = 4}, 50));
    tell("simulate --experts 64 --set feedback=20 --batch 512 --steps 20 --seed 5",
         loop_of(64, 20, {.tokens = 512, .seed = 5}, 20));
}

}  // namespace

int main() {
    tell_diagrams();
    tell_orbits();
    tell_loci();
    tell_runs();
    std::printf("}\n");
}
