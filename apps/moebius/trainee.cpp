// SPDX-License-Identifier: MIT
#include "trainee.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/base/text.hpp>
#include <moebius/train/moe_network.hpp>
#include <moebius/train/soft_moe_network.hpp>
#include <numeric>
#include <span>

#include "router_choice.hpp"
#include "words.hpp"

namespace moebius::cli {
namespace {

constexpr double unset = std::numeric_limits<double>::quiet_NaN();

struct number {
    std::string_view name;
    std::string_view meaning;
    double value;  ///< default
};

/// What a model's numbers are; `unset` has a default of its own below.
constexpr std::array numbers{
    number{"feedback", "score gained per unit of load", 0},
    number{"feedback_end", "feedback after the ramp; else it stays", unset},
    number{"decay", "rate at which scores forget", 1},
    number{"beta", "inverse temperature of the router", 1},
    number{"bias", "drift of the first expert's score", 0},
    number{"step", "time per batch", 0.05},
    number{"lead", "of the first expert's score at the start", 0},
    number{"rate", "learning rate; 0.3 for sgd, 0.003 for adam and adamw", unset},
    number{"momentum", "of sgd", 0},
    number{"weight_decay", "of the optimiser", 0},
    number{"gate_bias", "of the first expert's gate at the start", 0},
    number{"switch_loss", "weight of Switch's balancing loss", 0},
    number{"importance", "weight of the importance loss", 0},
    number{"z_loss", "weight of the z-loss", 0},
    number{"experts", "of a layer, instead of --experts", unset},
    number{"hidden", "one width inside an expert, instead of --hidden", unset},
    number{"keep", "experts that each input keeps in one more test, with --patch; 0: none", 0},
};
using values = std::array<double, numbers.size()>;

std::size_t index_of(std::string_view option, std::string_view name) {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (numbers[i].name == name) return i;
        names.push_back(numbers[i].name);
    }
    throw invalid_argument(
        option, fmt::format("'{}' came", name),
        fmt::format("it must be a parameter of training{}", did_you_mean(name, names)));
}

bool is_number(std::string_view name) {
    return std::any_of(numbers.begin(), numbers.end(),
                       [&](const number& known) { return known.name == name; });
}

/// One of the routers: name and options, and the numbers that go with it alone.
struct side {
    router_choice router;
    std::vector<std::string> sets;
};

side parse_side(std::string_view text) {
    const auto words = parts_of(text, ',');
    side result{{std::string(words.front())}, {}};
    for (const auto word : std::span(words).subspan(1))
        if (is_number(parts_of(word, '=').front()))
            result.sets.emplace_back(word);
        else
            result.router.text += fmt::format(",{}", word);
    return result;
}

template <typename Kind>
Kind one_of(std::string_view option, std::string_view word, std::initializer_list<Kind> kinds) {
    std::vector<std::string_view> names;
    for (const Kind kind : kinds) {
        if (to_string(kind) == word) return kind;
        names.push_back(to_string(kind));
    }
    throw invalid_argument(option, fmt::format("'{}' came", word),
                           fmt::format("one is needed{}", did_you_mean(word, names)));
}

/// NUMBER/NUMBER/...: whole numbers but for those that may be any.
std::vector<double> numbers_of(std::string_view text, std::vector<double> defaults) {
    const auto parts = parts_of(text, '/');
    if (parts.size() > defaults.size())
        throw invalid_argument("--data", fmt::format("'{}' came", text),
                               fmt::format("at most {} numbers are taken", defaults.size()));
    for (std::size_t i = 0; i < parts.size(); ++i) defaults[i] = parse_number("--data", parts[i]);
    return defaults;
}

std::size_t count_of(double value, std::string_view option = "--data") {
    if (!(value >= 0 && value <= 1e7 && value == std::floor(value)))
        throw invalid_argument(option, fmt::format("{} came", value),
                               "it must be a whole number from 0");
    return static_cast<std::size_t>(value);
}

/// @throws invalid_argument  for made-up data of more numbers than anyone waits for
void check_numbers(double count) {
    if (count > 1e8)
        throw invalid_argument("--data", fmt::format("{:g} numbers are to be made", count),
                               "1e8 is the most");
}

labelled_data read_data(const std::string& text, std::uint64_t seed) {
    constexpr std::string_view mixture = "mixture:", teacher = "teacher:";
    const std::string_view all = text;
    if (all.starts_with(mixture)) {
        cluster_options made;
        const auto n = numbers_of(all.substr(mixture.size()), {4, 16, 3, 0, 0.2, 2048});
        made.clusters = count_of(n[0]);
        made.width = count_of(n[1]);
        made.distance = n[2];
        made.tight_features = count_of(n[3]);
        made.tightness = n[4];
        made.rows = count_of(n[5]);
        made.seed = seed;
        check_numbers(std::max(n[5], n[0]) * n[1]);
        return gaussian_mixture(made);
    }
    if (all.starts_with(teacher)) {
        teacher_options made;
        const auto n = numbers_of(all.substr(teacher.size()), {4, 16, 4, 4096});
        made.experts = count_of(n[0]);
        made.width = count_of(n[1]);
        made.classes = count_of(n[2]);
        made.rows = count_of(n[3]);
        made.seed = seed;
        check_numbers(std::max(n[3], n[0]) * std::max(n[1], n[2]));
        return teacher_network(made);
    }
    if (text.empty())
        throw invalid_argument("--data", "nothing came",
                               "it must be a CSV or NPY file, mixture:... or teacher:...");
    return labelled(read_tokens(text));
}

std::vector<std::size_t> widths_of(std::string_view text) {
    std::vector<std::size_t> widths;
    if (text.empty() || text == "none") return widths;
    for (const auto part : parts_of(text, ',')) widths.push_back(parse_count("--hidden", part));
    return widths;
}

values values_of(const trainee_options& options, const side& own) {
    values result{};
    for (std::size_t i = 0; i < numbers.size(); ++i) result[i] = numbers[i].value;
    for (const auto* sets : {&options.sets, &own.sets})
        for (const auto& text : *sets) {
            const auto [name, value] = parse_setting(text);
            result[index_of("--set", name)] = value;
        }
    return result;
}

double value(const values& at, std::string_view name) { return at[index_of("--set", name)]; }

std::size_t experts_of(const trainee_options& options, const values& at) {
    const double own = value(at, "experts");
    return std::isnan(own) ? options.experts : count_of(own, "experts");
}

std::vector<std::size_t> hidden_of(const trainee_options& options, const values& at) {
    const double own = value(at, "hidden");
    if (std::isnan(own)) return widths_of(options.hidden);
    return {count_of(own, "hidden")};
}

/// Soft MoE on the patches of images.
std::shared_ptr<const network> make_patched(const trainee_options& options, const side& own,
                                            const labelled_data& data, const values& at) {
    const auto hidden = hidden_of(options, at);
    if (own.router.name() != "soft-moe" || hidden.size() != 1 || options.layers != 1)
        throw invalid_argument(
            "--patch",
            fmt::format("{} came with {} hidden layers in {}", own.router.name(), hidden.size(),
                        options.layers),
            "patches are for one layer of soft-moe with one hidden layer in an expert");
    for (const std::string_view name : {"beta", "gate_bias", "switch_loss", "importance", "z_loss"})
        if (value(at, name) != numbers[index_of("--set", name)].value)
            throw invalid_argument("--patch", fmt::format("{} = {:g} came", name, value(at, name)),
                                   "Soft MoE on patches has no such parameter");
    if (options.loss != "cross-entropy")
        throw invalid_argument("--patch", fmt::format("--loss {} came", options.loss),
                               "Soft MoE on patches has cross-entropy alone");
    soft_moe_network_options model;
    model.width = data.width;
    model.patch = options.patch;
    model.experts = experts_of(options, at);
    model.hidden = hidden.front();
    model.classes = data.classes;
    model.between =
        one_of("--activation", options.activation, {activation::relu, activation::gelu});
    return std::make_shared<soft_moe_network>(model);
}

std::shared_ptr<const network> make_network(const trainee_options& options, const side& own,
                                            const labelled_data& data, const values& at) {
    if (options.patch > 0) return make_patched(options, own, data, at);
    moe_options model;
    model.width = data.width;
    model.classes = data.classes;
    model.experts = experts_of(options, at);
    model.hidden = hidden_of(options, at);
    model.between =
        one_of("--activation", options.activation, {activation::relu, activation::gelu});
    model.loss = one_of("--loss", options.loss,
                        {training_loss::cross_entropy, training_loss::squared_error});
    model.layers = options.layers;
    model.router = {own.router.name(), value(at, "beta"), noise_from_name(options.noise),
                    own.router.settings()};
    if (const auto variant = own.router.clustering(); !variant.empty())
        model.clustering = clustering_from_name(variant);
    model.balance = {value(at, "switch_loss"), value(at, "importance"), value(at, "z_loss")};
    model.gate_bias = value(at, "gate_bias");
    return std::make_shared<moe_network>(model);
}

training_run make_run(const trainee_options& options, const values& at) {
    training_run run;
    auto& optimiser = run.optimiser;
    optimiser.kind = optimiser_from_name(options.optimiser);
    const double usual = optimiser.kind == optimiser_kind::sgd ? 0.3 : 0.003;
    optimiser.rate = std::isnan(value(at, "rate")) ? usual : value(at, "rate");
    optimiser.momentum = value(at, "momentum");
    if (optimiser.momentum != 0 && optimiser.kind != optimiser_kind::sgd)
        throw invalid_argument("momentum", fmt::format("{} came", optimiser.momentum),
                               "it is for sgd: adam has its own");
    if (std::isnan(value(at, "feedback_end")) != (options.ramp == 0))
        throw invalid_argument("--ramp", fmt::format("{} came", options.ramp),
                               "it goes with feedback_end, and feedback_end with it");
    optimiser.weight_decay = value(at, "weight_decay");
    run.rule.feedback = value(at, "feedback");
    run.rule.decay = value(at, "decay");
    run.rule.beta = value(at, "beta");
    run.rule.step = value(at, "step");
    run.feedback_end = value(at, "feedback_end");
    run.ramp = options.ramp;
    return run;
}

/// A number for the first expert of every layer, 0 for the others.
std::vector<double> first_of(double value, std::size_t experts, std::size_t layers) {
    std::vector<double> result(experts * layers);
    for (std::size_t i = 0; i < result.size(); i += experts) result[i] = value;
    return result;
}

}  // namespace

void add_to(option_table& table, trainee_options& options) {
    const auto if_set = option_kept::if_set;
    const auto if_varied = options.vary.empty() ? option_kept::never : option_kept::always;
    table.add("data", options.data,
              "CSV or NPY file whose last column is the class; "
              "mixture:CLUSTERS/WIDTH/DISTANCE/TIGHT/TIGHTNESS/ROWS; or "
              "teacher:EXPERTS/WIDTH/CLASSES/ROWS");
    table.add("test", options.test, "share of each class that is held out");
    table.add("routers", options.routers,
              "NAME or NAME,key=value,... (also keys of --set); see 'moebius routers'",
              {.shown = options.routers.front(), .flag = "router"});
    table.add("experts", options.experts, "of a layer");
    table.add("hidden", options.hidden, "widths inside an expert, 'none' for a linear one");
    table.add("activation", options.activation, "relu or gelu");
    table.add("loss", options.loss, "cross-entropy or squared-error");
    table.add("layers", options.layers, "1, or 2 with the first residual");
    table.add("patch", options.patch,
              "side of the patches of square images that soft-moe mixes; 0: examples are tokens",
              {.kept = if_set});
    table.add("noise", options.noise, "of the router in training: none, gumbel, ...");
    table.add("optimiser", options.optimiser, "sgd, adam or adamw");
    table.add("set", options.sets, fmt::format("name=value; {}", trainee_parameters()),
              {.kept = if_set});
    table.add("vary", options.vary, "name=from:to, of the same", {.kept = if_set});
    table.add("points", options.points, "values of what is varied", {.kept = if_varied});
    table.add("seeds", options.seeds, "models at each of them");
    table.add("seed", options.seed, "of all that is drawn", {.kept = option_kept::never});
    table.add("batch", options.batch, "examples of a batch");
    // a longer run goes on from the file of a shorter one, so a result adds them itself
    table.add("steps", options.steps, "batches", {.kept = option_kept::never});
    table.add("record_every", options.record_every,
              "batches for each record; or what of it divides the steps");
    table.add("ramp", options.ramp, "batches over which feedback moves to feedback_end",
              {.kept = if_set});
}

void describe_trainee(const trainee_options& options, result_heading& heading) {
    describe(options, heading);
    heading.seed = options.seed;
    heading.router = options.routers.front();
}

std::string trainee_parameters() {
    std::string text;
    for (const auto& [name, meaning, value] : numbers) {
        text += fmt::format("{}{} ({}", text.empty() ? "" : ", ", name, meaning);
        if (!std::isnan(value)) text += fmt::format("; {:g}", value);
        text += ')';
    }
    return text;
}

void check_steps(trainee_options& options, const session& session, std::size_t evaluate_every) {
    if (options.record_every == 0)
        throw invalid_argument("--record-every", "0 came", "it must be >= 1");
    if (options.steps == 0) throw invalid_argument("--steps", "0 came", "it must be >= 1");
    if (!session.was_given("record_every"))
        options.record_every =
            std::gcd(options.record_every, std::gcd(options.steps, evaluate_every));
    const auto need = [&](std::string_view name, std::size_t value) {
        if (value % options.record_every != 0)
            throw invalid_argument(
                name, fmt::format("{} came", value),
                fmt::format("it must be a multiple of --record-every, {}", options.record_every));
    };
    need("--steps", options.steps);
    need("--evaluate-every", evaluate_every);
}

trainees make_trainees(const trainee_options& options) {
    constexpr double most_models = 1e6;
    const double models = static_cast<double>(options.seeds) *
                          (options.vary.empty() ? 1 : static_cast<double>(options.points)) *
                          static_cast<double>(options.routers.size());
    if (models > most_models)
        throw invalid_argument("train", fmt::format("{:g} models came", models),
                               fmt::format("points times seeds must be at most {:g}", most_models));
    trainees made;
    made.work.data = std::make_shared<labelled_data>(read_data(options.data, options.seed));
    made.work.batch = options.batch;
    made.work.record_every = options.record_every;
    if (options.seeds == 0 || options.points == 0)
        throw invalid_argument("train", "no seeds or no points came", "at least one is needed");
    std::vector<double> varied{unset};
    if (!options.vary.empty()) {
        const auto range = parse_range(options.vary);
        made.varied = range.name;
        (void)index_of("--vary", range.name);
        varied.clear();
        const auto last = static_cast<double>(std::max<std::size_t>(options.points, 2) - 1);
        for (std::size_t i = 0; i < options.points; ++i)
            varied.push_back(range.from + (range.to - range.from) * static_cast<double>(i) / last);
    }
    std::vector<std::shared_ptr<const std::vector<std::uint32_t>>> rows;
    for (std::size_t s = 0; s < options.seeds; ++s) {
        made.splits.push_back(
            stratified_split(*made.work.data, options.test, derived_seed(options.seed, s)));
        rows.push_back(std::make_shared<std::vector<std::uint32_t>>(made.splits.back().train));
    }
    for (std::size_t i = 0; i < options.routers.size(); ++i) {
        const auto own = parse_side(options.routers[i]);
        for (const auto& set : own.sets)
            if (parse_setting(set).first == made.varied)
                throw invalid_argument("--vary", fmt::format("{} is varied", made.varied),
                                       fmt::format("{} sets it, too", options.routers[i]));
        for (std::size_t point = 0; point < varied.size(); ++point) {
            auto at = values_of(options, own);
            if (!made.varied.empty()) at[index_of("--vary", made.varied)] = varied[point];
            auto run = make_run(options, at);
            run.model = make_network(options, own, *made.work.data, at);
            const std::size_t keep = count_of(value(at, "keep"), "keep");
            if (keep > 0 && (options.patch == 0 || keep > run.model->experts()))
                throw invalid_argument("keep", fmt::format("{} came", keep),
                                       "it is for --patch, and at most the experts there are");
            run.rule.bias = first_of(value(at, "bias"), run.model->experts(), 1);
            run.scores = first_of(value(at, "lead"), run.model->experts(), run.model->layers());
            for (std::size_t s = 0; s < options.seeds; ++s) {
                run.rows = rows[s];
                run.seed = derived_seed(options.seed, s);
                made.work.runs.push_back(run);
                made.places.push_back({i, point, s, varied[point], keep});
            }
        }
    }
    check(made.work);
    return made;
}

}  // namespace moebius::cli
