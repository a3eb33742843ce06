// SPDX-License-Identifier: MIT
#include "experiment_arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <numeric>
#include <span>

#include "router_choice.hpp"
#include "tokens.hpp"
#include "words.hpp"

namespace moebius::cli {
namespace {

/// Sets numbers by name=value; what says another thing of one of them is an error.
class number_setter {
public:
    number_setter(const experiment_arguments& options, const session& session)
        : varied_(options.vary.empty() ? std::string() : parse_range(options.vary).name),
          session_(session) {
        check_flag(varied_, "--vary");
    }

    /// @param by  for the sentence: what sets it
    void set(model_numbers& numbers, std::string_view text, std::string_view by) {
        const auto [name, value] = parse_setting(text);
        if (name == varied_)
            throw invalid_argument("--vary", fmt::format("{} is varied", name),
                                   fmt::format("{} sets it, too", by));
        if (std::find(set_.begin(), set_.end(), name) != set_.end())
            throw invalid_argument("--set", fmt::format("{} came twice", name), "once is enough");
        check_flag(name, by);
        numbers.*find_number(name).field = value;
        set_.push_back(name);
    }

private:
    /// experts and hidden are options, too.
    void check_flag(const std::string& name, std::string_view by) const {
        if ((name == "experts" || name == "hidden") && session_.was_given(name))
            throw invalid_argument(session_.given.find(name)->second,
                                   fmt::format("it came beside {} in {}", name, by),
                                   "one of the two says it");
    }

    std::string varied_;
    const session& session_;
    std::vector<std::string> set_;
};

/// The router and the numbers that go with it alone, beside those of all.
experiment_side side_from(std::string_view text, const experiment_arguments& options,
                          const session& session) {
    const auto words = parts_of(text, ',');
    experiment_side side{{std::string(words.front())}, {}};
    number_setter setter(options, session);
    for (const auto& word : options.sets) setter.set(side.numbers, word, "--set");
    const auto numbers = known_numbers();
    for (const auto word : std::span(words).subspan(1)) {
        const auto key = parts_of(word, '=').front();
        const bool own = std::none_of(numbers.begin(), numbers.end(),
                                      [&](const auto& info) { return info.name == key; });
        if (own)
            side.router.text += fmt::format(",{}", word);
        else
            setter.set(side.numbers, word, text);
    }
    return side;
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
    auto table = read_table(text);
    return of_file(text, [&] { return labelled(std::move(table)); });
}

std::vector<std::size_t> widths_of(std::string_view text) {
    std::vector<std::size_t> widths;
    if (text.empty() || text == "none") return widths;
    for (const auto part : parts_of(text, ',')) widths.push_back(parse_count("--hidden", part));
    return widths;
}

/// name=from:to in so many values.
void vary(std::string_view text, std::size_t points, experiment_options& options) {
    const auto range = parse_range(text);
    options.varied = find_number(range.name).name;
    const auto last = static_cast<double>(std::max<std::size_t>(points, 2) - 1);
    for (std::size_t i = 0; i < points; ++i)
        options.values.push_back(range.from +
                                 (range.to - range.from) * static_cast<double>(i) / last);
}

std::string described_numbers() {
    const model_numbers usual;
    std::string text;
    for (const auto& [name, meaning, field] : known_numbers()) {
        text += fmt::format("{}{} ({}", text.empty() ? "" : ", ", name, meaning);
        if (!std::isnan(usual.*field)) text += fmt::format("; {:g}", usual.*field);
        text += ')';
    }
    return text;
}

}  // namespace

void add_to(option_table& table, experiment_arguments& options) {
    const auto if_set = option_kept::if_set;
    const auto if_varied = options.vary.empty() ? option_kept::never : option_kept::always;
    table.add("data", options.data,
              "CSV or NPY file whose last column is the class; "
              "mixture:CLUSTERS/WIDTH/DISTANCE/TIGHT/TIGHTNESS/ROWS; or "
              "teacher:EXPERTS/WIDTH/CLASSES/ROWS");
    table.add("test", options.design.test, "share of each class that is held out");
    table.add("routers", options.routers,
              "NAME or NAME,key=value,... (also keys of --set); see 'moebius routers'",
              {.shown = options.routers.front(), .flag = "router"});
    table.add("experts", options.design.experts, "of a layer");
    table.add("hidden", options.hidden, "widths inside an expert, 'none' for a linear one");
    table.add("activation", options.activation, "relu or gelu");
    table.add("loss", options.loss, "cross-entropy or squared-error");
    table.add("layers", options.design.layers, "1, or 2 with the first residual");
    table.add("patch", options.design.patch,
              "side of the patches of square images that soft-moe mixes; 0: examples are tokens",
              {.kept = if_set});
    table.add("noise", options.noise, "of the router in training: none, gumbel, ...");
    table.add("optimiser", options.optimiser, "sgd, adam or adamw");
    table.add("set", options.sets, fmt::format("name=value; {}", described_numbers()),
              {.kept = if_set});
    table.add("vary", options.vary, "name=from:to, of the same", {.kept = if_set});
    table.add("points", options.points, "values of what is varied", {.kept = if_varied});
    table.add("seeds", options.design.seeds, "models at each of them");
    table.add("seed", options.design.seed, "of all that is drawn", {.kept = option_kept::never});
    table.add("batch", options.design.batch, "examples of a batch");
    // a longer run goes on from the file of a shorter one, so a result adds them itself
    table.add("steps", options.steps, "batches", {.kept = option_kept::never});
    table.add("record_every", options.design.record_every,
              "batches for each record; or what of it divides the steps");
    table.add("ramp", options.design.ramp, "batches over which feedback moves to feedback_end",
              {.kept = if_set});
}

void describe_experiment(const experiment_arguments& options, result_heading& heading) {
    describe(options, heading);
    heading.seed = options.design.seed;
    heading.router = options.routers.front();
}

void check_steps(experiment_arguments& options, const session& session,
                 std::size_t evaluate_every) {
    if (options.design.record_every == 0)
        throw invalid_argument("--record-every", "0 came", "it must be >= 1");
    if (options.steps == 0) throw invalid_argument("--steps", "0 came", "it must be >= 1");
    if (!session.was_given("record_every"))
        options.design.record_every =
            std::gcd(options.design.record_every, std::gcd(options.steps, evaluate_every));
    const auto need = [&](std::string_view name, std::size_t value) {
        if (value % options.design.record_every != 0)
            throw invalid_argument(name, fmt::format("{} came", value),
                                   fmt::format("it must be a multiple of --record-every, {}",
                                               options.design.record_every));
    };
    need("--steps", options.steps);
    need("--evaluate-every", evaluate_every);
}

experiment_options experiment_from(const experiment_arguments& options, const session& session) {
    auto out = options.design;
    check_noise(session, options.routers);
    if (!options.vary.empty() && static_cast<double>(options.points) > 1e6)
        throw invalid_argument("--points", fmt::format("{} came", options.points),
                               "it must be at most 1000000");
    out.data = std::make_shared<labelled_data>(read_data(options.data, out.seed));
    out.sides.clear();
    for (const auto& text : options.routers) out.sides.push_back(side_from(text, options, session));
    out.hidden = widths_of(options.hidden);
    out.between = one_of("--activation", options.activation, {activation::relu, activation::gelu});
    out.loss = one_of("--loss", options.loss,
                      {training_loss::cross_entropy, training_loss::squared_error});
    out.noise = noise_from_name(options.noise);
    out.optimiser = optimiser_from_name(options.optimiser);
    if (!options.vary.empty()) vary(options.vary, options.points, out);
    return out;
}

}  // namespace moebius::cli
