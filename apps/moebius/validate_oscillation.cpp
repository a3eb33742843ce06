// SPDX-License-Identifier: MIT
#include "validate_oscillation.hpp"

#include <fmt/format.h>

#include <cmath>

#include "report_lines.hpp"

namespace moebius::cli {
namespace {

std::string line_of(double feedback, std::string_view what, const measured_value& value) {
    return fmt::format("{:>9.4f}  {:<10} {:>11} {:>11} {:>9}\n", feedback, what,
                       known("{:.6g}", value.predicted), known("{:.6g}", value.measured),
                       known("{:.2g}", value.error));
}

}  // namespace

result_document oscillation_document(const oscillation_validation& v, result_heading heading) {
    const auto& overall = v.overall;
    return {std::move(heading),
            {{"verdict", overall.sentence},
             {"agreement", named_numbers{{"agrees", overall.agrees ? 1 : 0},
                                         {"points", static_cast<double>(overall.points)},
                                         {"chi_square", overall.chi_square},
                                         {"chi_square_p", overall.chi_square_p}}},
             {"onset", named_numbers{{"hopf", v.hopf},
                                     {"predicted", v.onset.predicted},
                                     {"measured", v.onset.measured},
                                     {"error", v.onset.error},
                                     {"frequency_predicted", v.frequency.predicted},
                                     {"frequency_measured", v.frequency.measured},
                                     {"frequency_error", v.frequency.error}}},
             {"decay", decay_table(v)},
             {"swings", swing_table(v)}}};
}

std::string oscillation_report(const oscillation_validation& v) {
    auto out = fmt::format("{:>9}  {:<10} {:>11} {:>11} {:>9}\n", "feedback", "", "predicted",
                           "measured", "error");
    for (const auto& point : v.below) {
        out += line_of(point.feedback, "growth", point.growth);
        out += line_of(point.feedback, "frequency", point.frequency);
        out += line_of(point.feedback, "gain", point.gain);
        if (!point.excuse.empty()) out += fmt::format("{:>9}  not judged: {}\n", "", point.excuse);
    }
    for (const auto& point : v.beyond) {
        out += line_of(point.feedback, "period", point.period);
        out += line_of(point.feedback, "amplitude", point.amplitude);
    }
    out += fmt::format("\nequal loads are lost at feedback {:.5f}", v.onset.predicted);
    if (std::isnan(v.onset.measured))
        out += v.beyond.empty() ? " by the rule's largest gain; larger deviations are lost before\n"
                                : fmt::format(
                                      " (equations: Hopf {:.5f}); not measured: loops left "
                                      "them before\n",
                                      v.hopf);
    else
        out += fmt::format(
            " (equations: Hopf {:.5f}), measured {:.5f} +- {:.5f}; frequency there {:.5f}, "
            "measured "
            "{:.5f} +- {:.5f}\n",
            v.hopf, v.onset.measured, v.onset.error, v.frequency.predicted, v.frequency.measured,
            v.frequency.error);
    for (const auto& point : v.beyond)
        if (point.branch_period > 0)
            out += fmt::format(
                "cycle of the continuation at {:.4f}: period {:.5f}, amplitude "
                "{:.5f}\n",
                point.feedback, point.branch_period, point.branch_amplitude);
    return out + fmt::format("\n{}\n", v.overall.sentence);
}

}  // namespace moebius::cli
