// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/base/text.hpp>
#include <moebius/train/experiment.hpp>
#include <moebius/train/held.hpp>
#include <moebius/train/soft_moe_network.hpp>

namespace moebius {
namespace {

constexpr auto unset = model_numbers::unset;

constexpr std::array numbers{
    number_info{"feedback", "score gained per unit of load", &model_numbers::feedback},
    number_info{"feedback_end", "feedback after the ramp; else it stays",
                &model_numbers::feedback_end},
    number_info{"decay", "rate at which scores forget", &model_numbers::decay},
    number_info{"beta", "inverse temperature of the router", &model_numbers::beta},
    number_info{"bias", "drift of the first expert's score", &model_numbers::bias},
    number_info{"step", "time per batch", &model_numbers::step},
    number_info{"lead", "of the first expert's score at the start", &model_numbers::lead},
    number_info{"rate", "learning rate; 0.3 for sgd, 0.003 for adam and adamw",
                &model_numbers::rate},
    number_info{"momentum", "of sgd", &model_numbers::momentum},
    number_info{"weight_decay", "of the optimiser", &model_numbers::weight_decay},
    number_info{"gate_bias", "of the first expert's gate at the start", &model_numbers::gate_bias},
    number_info{"switch_loss", "weight of Switch's balancing loss", &model_numbers::switch_loss},
    number_info{"importance", "weight of the importance loss", &model_numbers::importance},
    number_info{"z_loss", "weight of the z-loss", &model_numbers::z_loss},
    number_info{"experts", "of a layer, instead of --experts", &model_numbers::experts},
    number_info{"hidden", "one width inside an expert, instead of --hidden",
                &model_numbers::hidden},
    number_info{"gain", "of the controller, instead of that of --controller", &model_numbers::gain},
    number_info{"gap", "by which the first expert's load is held above each other's in training",
                &model_numbers::gap},
    number_info{"hold_speed", "share of a deviation that a batch takes back where loads are held",
                &model_numbers::hold_speed},
    number_info{"keep", "experts that each input keeps in one more test, with --patch; 0: none",
                &model_numbers::keep},
};

std::size_t count_of(double value, std::string_view name) {
    if (!(value >= 0 && value <= 1e7 && value == std::floor(value)))
        throw invalid_argument(name, fmt::format("{} came", value),
                               "it must be a whole number from 0");
    return static_cast<std::size_t>(value);
}

std::size_t experts_of(const experiment_options& options, const model_numbers& at) {
    return std::isnan(at.experts) ? options.experts : count_of(at.experts, "experts");
}

std::vector<std::size_t> hidden_of(const experiment_options& options, const model_numbers& at) {
    if (std::isnan(at.hidden)) return options.hidden;
    return {count_of(at.hidden, "hidden")};
}

/// What Soft MoE on patches has no use for is an error where it was asked for.
void check_patched(const experiment_options& options, const model_numbers& at) {
    const model_numbers usual;
    for (const auto field :
         {&model_numbers::beta, &model_numbers::gate_bias, &model_numbers::switch_loss,
          &model_numbers::importance, &model_numbers::z_loss})
        if (at.*field != usual.*field)
            for (const auto& info : numbers)
                if (info.field == field)
                    throw invalid_argument("--patch",
                                           fmt::format("{} = {:g} came", info.name, at.*field),
                                           "Soft MoE on patches has no such parameter");
    if (options.loss != training_loss::cross_entropy)
        throw invalid_argument("--patch", fmt::format("--loss {} came", to_string(options.loss)),
                               "Soft MoE on patches has cross-entropy alone");
}

/// Soft MoE on the patches of images.
std::shared_ptr<const network> make_patched(const experiment_options& options,
                                            const router_choice& router, const model_numbers& at) {
    const auto hidden = hidden_of(options, at);
    if (router.name() != "soft-moe" || hidden.size() != 1 || options.layers != 1)
        throw invalid_argument(
            "--patch",
            fmt::format("{} came with {} hidden layers in {}", router.name(), hidden.size(),
                        options.layers),
            "patches are for one layer of soft-moe with one hidden layer in an expert");
    check_patched(options, at);
    soft_moe_network_options model;
    model.width = options.data->width;
    model.patch = options.patch;
    model.experts = experts_of(options, at);
    model.hidden = hidden.front();
    model.classes = options.data->classes;
    model.between = options.between;
    return std::make_shared<soft_moe_network>(model);
}

std::shared_ptr<const network> make_network(const experiment_options& options,
                                            const router_choice& router, const model_numbers& at) {
    if (options.patch > 0) return make_patched(options, router, at);
    moe_options model;
    model.width = options.data->width;
    model.classes = options.data->classes;
    model.experts = experts_of(options, at);
    model.hidden = hidden_of(options, at);
    model.between = options.between;
    model.loss = options.loss;
    model.layers = options.layers;
    model.router = {router.name(), at.beta, options.noise, router.settings()};
    if (const auto variant = router.clustering(); !variant.empty())
        model.clustering = clustering_from_name(variant);
    model.balance = {at.switch_loss, at.importance, at.z_loss};
    model.gate_bias = at.gate_bias;
    return std::make_shared<moe_network>(model);
}

optimiser_options optimiser_of(optimiser_kind kind, const model_numbers& at) {
    optimiser_options out;
    out.kind = kind;
    const double usual = kind == optimiser_kind::sgd ? 0.3 : 0.003;
    out.rate = std::isnan(at.rate) ? usual : at.rate;
    out.momentum = at.momentum;
    if (out.momentum != 0 && kind != optimiser_kind::sgd)
        throw invalid_argument("momentum", fmt::format("{} came", out.momentum),
                               "it is for sgd: adam has its own");
    out.weight_decay = at.weight_decay;
    return out;
}

/// A number for the first expert of every layer, 0 for the others.
std::vector<double> first_of(double value, std::size_t experts, std::size_t layers) {
    std::vector<double> result(experts * layers);
    for (std::size_t i = 0; i < result.size(); i += experts) result[i] = value;
    return result;
}

load_controller controller_of(const experiment_options& options, const model_numbers& at) {
    auto controller = options.controller;
    if (std::isnan(at.gain)) return controller;
    if (controller.law == control_law::none)
        throw invalid_argument("gain", fmt::format("{} came", at.gain),
                               "it is a controller's: --controller NAME is needed");
    controller.gain = at.gain;
    return controller;
}

/// The loads at which a model is held, if any.
load_hold hold_of(const experiment_options& options, const model_numbers& at, std::size_t experts) {
    load_hold hold{options.hold, at.hold_speed};
    if (!std::isnan(at.gap)) {
        if (!hold.loads.empty())
            throw invalid_argument("gap", fmt::format("{} came beside loads to hold", at.gap),
                                   "one of the two says it");
        hold.loads = loads_of_gap(at.gap, experts);
    }
    if (hold.loads.empty()) {
        if (!std::isnan(at.hold_speed))
            throw invalid_argument("hold_speed", fmt::format("{} came", at.hold_speed),
                                   "no loads are held");
    } else if (at.lead != 0) {
        throw invalid_argument("lead", fmt::format("{} came", at.lead),
                               "where loads are held, they say what scores begin with");
    }
    return hold;
}

/// A run but for its rows and seed.
training_run make_run(const experiment_options& options, const router_choice& router,
                      const model_numbers& at) {
    training_run run;
    run.optimiser = optimiser_of(options.optimiser, at);
    if (std::isnan(at.feedback_end) != (options.ramp == 0))
        throw invalid_argument("--ramp", fmt::format("{} came", options.ramp),
                               "it goes with feedback_end, and feedback_end with it");
    run.rule.feedback = at.feedback;
    run.rule.decay = at.decay;
    run.rule.beta = at.beta;
    run.rule.step = at.step;
    run.rule.controller = controller_of(options, at);
    run.feedback_end = at.feedback_end;
    run.ramp = options.ramp;
    run.model = make_network(options, router, at);
    run.rule.bias = first_of(at.bias, run.model->experts(), 1);
    run.hold = hold_of(options, at, run.model->experts());
    if (run.hold.loads.empty())
        run.scores = first_of(at.lead, run.model->experts(), run.model->layers());
    return run;
}

std::size_t keep_of(const experiment_options& options, const training_run& run, double value) {
    const std::size_t keep = count_of(value, "keep");
    if (keep > 0 && (options.patch == 0 || keep > run.model->experts()))
        throw invalid_argument("keep", fmt::format("{} came", keep),
                               "it is for --patch, and at most the experts there are");
    return keep;
}

void check(const experiment_options& options) {
    if (!options.data) throw invalid_argument("experiment", "no data came", "some are needed");
    const std::size_t points = options.varied.empty() ? 1 : options.values.size();
    if (options.seeds == 0 || points == 0 || options.sides.empty())
        throw invalid_argument("train", "no seeds or no points came", "at least one is needed");
    constexpr double most_models = 1e6;
    const double models = static_cast<double>(options.seeds) * static_cast<double>(points) *
                          static_cast<double>(options.sides.size());
    if (models > most_models)
        throw invalid_argument("train", fmt::format("{:g} models came", models),
                               fmt::format("points times seeds must be at most {:g}", most_models));
}

using shared_rows = std::shared_ptr<const std::vector<std::uint32_t>>;

/// All runs of one side at one point.
void add_point(const experiment_options& options, const experiment_place& place,
               const std::vector<shared_rows>& rows, experiment& made) {
    const auto& side = options.sides[place.side];
    auto at = side.numbers;
    if (!made.varied.empty()) at.*find_number(made.varied).field = place.varied;
    auto run = make_run(options, side.router, at);
    const std::size_t keep = keep_of(options, run, at.keep);
    for (std::size_t s = 0; s < options.seeds; ++s) {
        run.rows = rows[s];
        run.seed = derived_seed(options.seed, s);
        made.work.runs.push_back(run);
        made.places.push_back({place.side, place.point, s, place.varied, keep});
    }
}

}  // namespace

std::span<const number_info> known_numbers() noexcept { return numbers; }

const number_info& find_number(std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto& info : numbers) {
        if (info.name == name) return info;
        names.push_back(info.name);
    }
    throw invalid_argument(
        "training", fmt::format("'{}' came", name),
        fmt::format("it must be one of its parameters{}", did_you_mean(name, names)));
}

experiment make_experiment(const experiment_options& options) {
    check(options);
    experiment made;
    made.work.data = options.data;
    made.work.batch = options.batch;
    made.work.record_every = options.record_every;
    made.varied = options.varied;
    const auto values = options.varied.empty() ? std::vector<double>{unset} : options.values;
    std::vector<shared_rows> rows;
    for (std::size_t s = 0; s < options.seeds; ++s) {
        made.splits.push_back(
            stratified_split(*options.data, options.test, derived_seed(options.seed, s)));
        rows.push_back(std::make_shared<std::vector<std::uint32_t>>(made.splits.back().train));
    }
    for (std::size_t side = 0; side < options.sides.size(); ++side)
        for (std::size_t point = 0; point < values.size(); ++point)
            add_point(options, {side, point, 0, values[point], 0}, rows, made);
    check(made.work);
    return made;
}

}  // namespace moebius
