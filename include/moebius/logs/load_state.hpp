// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <moebius/base/table.hpp>
#include <moebius/logs/load_log.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace moebius {

/// How a layer is loaded: of the mean loads of the last steps, a window of them, and not the mean
/// of what each step has. All numbers but counts are dimensionless.
struct layer_state {
    static constexpr double none = std::numeric_limits<double>::quiet_NaN();

    std::size_t steps = 0;  ///< in all
    std::int64_t first_step = 0, last_step = 0;
    double max_over_mean = none, min_over_mean = none;
    double max_violation = none;  ///< MaxVio: max/mean - 1
    double variation = none;      ///< CV: standard deviation (over N) / mean
    double effective = none;      ///< exp(H)/N of the shares: 1 even, 1/N all on one
    double dead = none;           ///< experts without a load in the whole window

    // of scores or biases; NaN where there are none
    double bias_offset = none;  ///< their mean over experts, in the last step
    double bias_spread = none;  ///< largest less smallest, in the last step
    double bias_drift = none;   ///< a step, of the fastest expert's centred bias over the window
    double bias_chatter =
        none;                 ///< root mean square of steps of centred biases, their drift removed
    double bias_step = none;  ///< spacing of bfloat16 at the largest bias
};

/// What the numbers of a layer_state mean, for a reader.
struct state_measure {
    std::string_view name;        ///< as a column
    std::string_view title;       ///< above a column for a reader
    std::string_view definition;  ///< one line
    double layer_state::*value;
    bool of_biases = false;  ///< NaN where a log has no scores or biases
};
[[nodiscard]] std::span<const state_measure> state_measures();

/// Takes the records of a log and knows the state of its layers. Memory: the window. Records of
/// different layers, of as many as it was made for, may be taken at once.
/// @source  docs/routers.md section 0 for variation and entropy; MaxVio: arXiv 2408.15664
class load_state {
public:
    static constexpr std::size_t default_window = 100;

    /// @param window  the last steps that count as now, >= 1
    /// @param layers  that are known of; more may come
    /// @throws invalid_argument
    explicit load_state(std::size_t window = default_window, std::size_t layers = 0);

    void take(const load_record& record);

    /// In the order of log_head::layers; what was not met yet has no steps.
    [[nodiscard]] std::vector<layer_state> layers() const;

private:
    struct layer_window {
        std::size_t steps = 0, experts = 0;
        std::size_t rows = 0, at = 0;  ///< of loads, up to window; `at`: the oldest one's place
        std::int64_t first_step = 0, last_step = 0;
        std::vector<double> loads, scores;  ///< (rows, experts), in turns
        std::vector<double> changes;        ///< (rows) squares of a row's centred change
    };
    void take_scores(const load_record& record, layer_window& to) const;
    [[nodiscard]] layer_state state_of(const layer_window& layer) const;
    void add_bias(const layer_window& layer, layer_state& to) const;

    std::size_t window_;
    std::vector<layer_window> layers_;
};

/// Percentiles over layers that have steps: a row each of the least, 50, 75, 90, 95 % and the
/// largest ("percentile" 0 to 100), a column a measure; linear between neighbours, NaN for none.
[[nodiscard]] table percentiles_of(std::span<const layer_state> layers);

}  // namespace moebius
