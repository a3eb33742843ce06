// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/io/line_sampler.hpp>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

namespace moebius {
namespace {

[[noreturn]] void refuse_line(std::string_view why) {
    throw io_error("cannot go on with the loop that is held", why);
}

/// Loads of an answer.
std::vector<double> loads_of_line(const std::optional<std::string>& line, std::size_t experts) {
    if (!line) refuse_line("it gave no answer");
    const auto answer = nlohmann::json::parse(*line, nullptr, false);
    if (!answer.is_object() || !answer.contains("loads") || !answer["loads"].is_array())
        refuse_line("its answer is no {\"loads\": [...]}");
    std::vector<double> loads;
    for (const auto& load : answer["loads"]) {
        if (!load.is_number()) refuse_line("a load is no number");
        loads.push_back(load.get<double>());
    }
    const double sum = std::accumulate(loads.begin(), loads.end(), 0.0);
    if (loads.size() != experts || !(std::abs(sum - 1) < 1e-3))
        refuse_line(fmt::format("{} loads of sum {:g} came, and {} of sum 1 are needed",
                                loads.size(), sum, experts));
    return loads;
}

/// Of a fold, a cusp or a balance.
nlohmann::ordered_json place_of(const auto& at) {
    return {{"lead", at.lead},
            {"lead_error", at.lead_error},
            {"feedback", at.feedback},
            {"feedback_error", at.feedback_error}};
}

}  // namespace

load_sampler sample_by_lines(say_line say, hear_line hear, const line_options& options) {
    require("sample_by_lines")
        .at_least("steps", options.steps, 1)
        .at_least("windows", options.windows, 2);
    return [say = std::move(say), hear = std::move(hear),
            options](std::span<const std::vector<double>> scores) {
        std::vector<load_sample> out;
        for (const auto& target : scores) {
            const auto ask =
                nlohmann::json{{"target", target}, {"steps", options.steps}}.dump() + "\n";
            const auto n = static_cast<Eigen::Index>(target.size());
            Eigen::VectorXd mean = Eigen::VectorXd::Zero(n);
            Eigen::MatrixXd squares = Eigen::MatrixXd::Zero(n, n);
            for (std::size_t w = 0; w < options.windows; ++w) {
                say(ask);
                const auto answer = loads_of_line(hear(), target.size());
                const Eigen::Map<const Eigen::VectorXd> loads(answer.data(), n);
                const Eigen::VectorXd before = loads - mean;  // Welford's recurrence
                mean += before / static_cast<double>(w + 1);
                squares += before * (loads - mean).transpose();
            }
            const auto windows = static_cast<double>(options.windows);
            out.push_back({{mean.data(), mean.data() + n}, squares / (windows * (windows - 1))});
        }
        return out;
    };
}

std::string branch_line(const measured_branch& branch) {
    nlohmann::ordered_json points, folds = nlohmann::json::array(), cusps = folds;
    for (const auto& [name, field] : {std::pair{"lead", &measured_point::lead},
                                      {"gap", &measured_point::gap},
                                      {"gap_error", &measured_point::gap_error},
                                      {"feedback", &measured_point::feedback},
                                      {"feedback_error", &measured_point::feedback_error},
                                      {"growth", &measured_point::growth},
                                      {"growth_error", &measured_point::growth_error}})
        for (const auto& point : branch.points) points[name].push_back(point.*field);
    for (const auto& fold : branch.folds) folds.push_back(place_of(fold));
    for (const auto& cusp : branch.cusps) {
        cusps.push_back(place_of(cusp));
        cusps.back().update({{"bias", cusp.bias}, {"bias_error", cusp.bias_error}});
    }
    nlohmann::ordered_json balance;  // null, if it was not met
    if (branch.balance) balance = place_of(*branch.balance);
    return nlohmann::ordered_json{{"branch", points},
                                  {"folds", folds},
                                  {"cusps", cusps},
                                  {"balance", balance},
                                  {"arrived", branch.arrived}}
               .dump() +
           "\n";
}

}  // namespace moebius
