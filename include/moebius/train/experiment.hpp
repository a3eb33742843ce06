// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <moebius/router/choice.hpp>
#include <moebius/tokens/labelled_data.hpp>
#include <moebius/train/moe_network.hpp>
#include <moebius/train/training.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// The numbers of a model that an experiment may vary. NaN: another default, as said.
struct model_numbers {
    static constexpr double unset = std::numeric_limits<double>::quiet_NaN();

    double feedback = 0;
    double feedback_end = unset;  ///< of a ramp; NaN: feedback stays
    double decay = 1;
    double beta = 1;
    double bias = 0;      ///< of the first expert
    double step = 0.05;   ///< time per batch
    double lead = 0;      ///< of the first expert's score
    double rate = unset;  ///< NaN: 0.3 for sgd, 0.003 for adam and adamw
    double momentum = 0;
    double weight_decay = 0;
    double gate_bias = 0;
    double switch_loss = 0;
    double importance = 0;
    double z_loss = 0;
    double experts = unset;  ///< NaN: that of the experiment
    double hidden = unset;   ///< NaN: those of the experiment
    double keep = 0;
    double gain = unset;        ///< NaN: that of the experiment's controller
    double gap = unset;         ///< at which loads are held, as of loads_of_gap; NaN: they are not
    double hold_speed = unset;  ///< load_hold::speed
};

/// A number of a model by name.
struct number_info {
    std::string_view name;
    std::string_view meaning;
    double model_numbers::*field;
};

[[nodiscard]] std::span<const number_info> known_numbers() noexcept;

/// @throws invalid_argument  for an unknown name, offering the nearest
[[nodiscard]] const number_info& find_number(std::string_view name);

/// One of the routers that are held against each other, and what goes with it alone.
struct experiment_side {
    router_choice router{std::string(default_router)};
    model_numbers numbers = {};
};

/// What is trained, on what, and over which parameters and seeds.
struct experiment_options {
    std::shared_ptr<const labelled_data> data;
    double test = 0.2;                          ///< share of each class that is held out, [0, 1)
    std::vector<experiment_side> sides = {{}};  ///< one, or two
    std::size_t experts = 4;                    ///< of a layer
    std::vector<std::size_t> hidden = {32};     ///< widths inside an expert
    activation between = activation::relu;
    training_loss loss = training_loss::cross_entropy;
    std::size_t layers = 1;
    /// Side of the patches of square images that Soft MoE mixes; 0: examples are tokens.
    std::size_t patch = 0;
    noise_law noise = noise_law::gumbel;  ///< of the router in training
    load_controller controller = {};      ///< of every layer
    std::vector<double> hold = {};        ///< (E) loads at which all models are held; empty: none
    optimiser_kind optimiser = optimiser_kind::sgd;
    std::string varied = {};          ///< name of a number; empty: nothing is
    std::vector<double> values = {};  ///< of what is varied
    std::size_t seeds = 1;            ///< models of each side and value
    std::uint64_t seed = 1;           ///< of all that is drawn
    std::size_t batch = 128;          ///< examples
    std::size_t record_every = 50;    ///< batches
    std::uint64_t ramp = 0;           ///< batches; 0: feedback does not move
};

/// Where a model stands in the design.
struct experiment_place {
    std::size_t side = 0;
    std::size_t point = 0;
    std::size_t seed = 0;
    double varied = 0;     ///< NaN if nothing is
    std::size_t keep = 0;  ///< experts that each input keeps in one more test; 0: there is none
};

/// An ensemble, ready to be trained: all sides, points and seeds, seeds running fastest. What has
/// the same seed number has the same split, batches and first parameters, so that sides are paired.
struct experiment {
    training_work work;
    std::vector<experiment_place> places;  ///< (runs)
    std::vector<data_split> splits;        ///< (seeds)
    std::string varied;                    ///< its name; empty if nothing is

    [[nodiscard]] std::size_t sides() const { return places.back().side + 1; }
    [[nodiscard]] std::size_t points() const { return places.back().point + 1; }
    [[nodiscard]] std::size_t seeds() const { return splits.size(); }

    /// Index of a run.
    [[nodiscard]] std::size_t run(std::size_t side, std::size_t point, std::size_t seed) const {
        return (side * points() + point) * seeds() + seed;
    }
};

/// @throws invalid_argument  for more than 1e6 models, no seeds, values or sides; for what the
///                           models, routers, splits and check(training_work) refuse
[[nodiscard]] experiment make_experiment(const experiment_options& options);

}  // namespace moebius
