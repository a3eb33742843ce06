// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <moebius/base/row_writer.hpp>
#include <moebius/base/table.hpp>
#include <moebius/diagnose/margin_course.hpp>
#include <moebius/logs/load_log.hpp>
#include <moebius/logs/log_check.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moebius::cli {

/// A margin and its interval, NaN where there is none.
void put(const std::optional<margin>& one, const std::string& name, row_writer& row);

/// The columns of distance_estimate::margins, without rows.
[[nodiscard]] table no_margins();

/// Each in the order of load_verdict.
inline constexpr load_verdict verdicts[] = {load_verdict::safe,        load_verdict::cannot_tell,
                                            load_verdict::drifting,    load_verdict::coexistence,
                                            load_verdict::oscillating, load_verdict::losing_balance,
                                            load_verdict::collapsed};

/// The same as words, for results.
[[nodiscard]] std::vector<std::string> verdict_names();

/// The same as words of a command line, without blanks: "losing-balance".
[[nodiscard]] std::vector<std::string> verdict_options();

/// What a verdict may be called on a command line: verdict_options, then other names of results.
[[nodiscard]] std::vector<std::string> verdict_choices();

/// What may be as bad as a layer may not be, beside verdicts: that it was ever warned of, or swings
/// or runs away now.
inline constexpr std::string_view warned_limit = "warned";

/// Whether any layer is as bad as that, or worse.
/// @param limit  warned_limit, or as verdict_of takes it
[[nodiscard]] bool any_as_bad(const std::vector<layer_diagnosis>& layers, std::string_view limit);

/// The first warning of any layer.
struct first_warning {
    std::int64_t step = 0;
    std::size_t layer = 0;  ///< its place; the first of several
};
[[nodiscard]] std::optional<first_warning> first_warning_of(
    const std::vector<layer_diagnosis>& layers);

/// The verdict of one of these.
[[nodiscard]] load_verdict verdict_of(std::string_view choice);

/// The place of a verdict among them.
[[nodiscard]] constexpr std::size_t rank_of(load_verdict verdict) {
    return static_cast<std::size_t>(verdict);
}

/// The worst verdict on any layer.
[[nodiscard]] load_verdict worst_of(const std::vector<layer_diagnosis>& layers);

/// Takes the records of a log and says how far its layers are from collapse.
class distance_estimate {
public:
    /// @param head      must outlive it
    /// @param restored  the margin that knobs are told for
    /// @param courses   whether margins() is asked for: it takes a verdict on many of the steps
    distance_estimate(const log_head& head, double restored, bool courses);

    void take(const load_record& record);

    /// In the order of log_head::layers. Of series that are no loads of steps nothing is told but
    /// that one expert has all.
    [[nodiscard]] std::vector<layer_diagnosis> layers() const;

    /// From here on nothing is told of any layer, as its axes are in another order.
    void mark_turned() noexcept { turned_ = true; }

    [[nodiscard]] const log_check& check() const noexcept { return check_; }

    /// margin_course::rows of all layers: layer (its place in log_head::layers), step, margin and
    /// K, each with the ends of its interval, NaN where there is none. No rows of series that are
    /// no loads of steps, and none at all without courses.
    /// @param now  layers()
    [[nodiscard]] table margins(const std::vector<layer_diagnosis>& now) const;

private:
    log_check check_;
    std::size_t count_;
    bool turned_ = false;
    std::vector<layer_margin> layers_;  ///< none of one expert: there is nothing to lose
    std::vector<margin_course> courses_;
};

}  // namespace moebius::cli
