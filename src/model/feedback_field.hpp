// SPDX-License-Identifier: MIT
// What the models of experts with adaptive scores share.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <moebius/model/cell_field.hpp>
#include <moebius/router/load_response.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moebius::detail {

/// The last two are the controller's.
inline constexpr std::array<parameter_info, 5> shared_by_all{
    {{"feedback", "κ", "score gained per unit of load", 1},
     {"decay", "λ", "rate at which every score forgets", 1, 0},
     {"beta", "β", "inverse temperature of the routing", 1, 0},
     {"gain", "γ", "rate of the load-balancing controller", 0.02},
     {"leak", "μ_b", "rate at which the controller forgets", 0}}};

/// The response, the names, and the score equation.
class feedback_field : public cell_field {
public:
    /// @param shared  parameters of all experts, the first of shared_by_all
    /// @param states  a letter for each state of a cell
    feedback_field(std::shared_ptr<const load_response> response,
                   std::span<const parameter_info> shared,
                   std::span<const std::string_view> states);

    std::string_view name() const override { return response_->name(); }
    std::span<const std::string_view> state_names() const override { return state_names_; }
    std::size_t dimension() const override { return state_names_.size(); }
    std::span<const parameter_info> parameters() const override { return parameters_; }
    const grouping& groups() const override { return response_->groups(); }
    std::size_t shared_parameters() const override { return shared_; }
    std::size_t experts() const override { return size(); }
    double most_load() const override { return response_->most(); }
    const cell_field* cells() const override { return interchangeable_ ? this : nullptr; }
    double state_scale(std::span<const double> p) const override { return 1 / p[beta]; }

protected:
    enum parameter : std::size_t { feedback, decay, beta, gain, leak };

    [[nodiscard]] std::size_t size() const { return groups().size(); }
    [[nodiscard]] const load_response& response() const { return *response_; }
    [[nodiscard]] std::span<const double> bias(std::span<const double> p) const {
        return p.subspan(shared_, size());
    }

    /// Bounds of (feedback p + bias) / decay for shares p.
    [[nodiscard]] std::pair<double, double> score_bounds(std::span<const double> p) const {
        const auto biases = bias(p);
        const auto [low, high] = std::minmax_element(biases.begin(), biases.end());
        return {(std::min(p[feedback], 0.0) + *low) / p[decay],
                (std::max(p[feedback], 0.0) + *high) / p[decay]};
    }

    /// The loads (G) nearest to given ones that an expert can have: what is more than the most
    /// goes to those that have less, as far as they can take it.
    [[nodiscard]] std::vector<double> possible(std::span<const double> loads) const;

    /// out (G) = the scores that fixed loads (G) hold.
    void resting_scores(std::span<const double> loads, std::span<const double> p,
                        std::span<double> out) const {
        for (std::size_t g = 0; g < size(); ++g)
            out[g] = (p[feedback] * loads[g] + bias(p)[g]) / p[decay];
    }

    std::shared_ptr<const load_response> response_;

private:
    std::size_t shared_;
    bool interchangeable_;  // experts that see tokens differ
    std::vector<std::string> owned_states_, owned_biases_, owned_symbols_;
    std::vector<std::string_view> state_names_;
    std::vector<parameter_info> parameters_;
};

}  // namespace moebius::detail
