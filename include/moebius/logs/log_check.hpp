// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <moebius/base/lane_sums.hpp>
#include <moebius/logs/load_state.hpp>
#include <moebius/logs/log_file.hpp>
#include <moebius/logs/rounded_loads.hpp>
#include <moebius/logs/still_loads.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// Looks through the records of a log for what makes its numbers mean something else than they seem
/// to: each trap that is met is a sentence. Memory: some numbers an expert of each layer. Records
/// of different layers of the head may be taken at once.
class log_check {
public:
    explicit log_check(const log_head& head);

    void take(const load_record& record) { take(record, lane_total_of(record.loads)); }
    /// @param all  lane_total_of its loads, where that is known
    void take(const load_record& record, const lane_total& all);

    /// "snapshot: ..." and the like.
    /// @param states    of the same log
    /// @param answering  places of layers whose loads are known to answer to scores
    [[nodiscard]] std::vector<std::string> findings(
        std::span<const named_series> series, std::span<const layer_state> states,
        std::span<const std::size_t> answering = {}) const;

    /// Why the loads of a layer are not those of its steps, so that no course can be read off them:
    /// running totals, loads that never change, or not any more, none, or none any more. Empty
    /// where they may be.
    [[nodiscard]] std::string_view veto(std::size_t layer) const;

private:
    /// Records below which nothing is said of a series.
    static constexpr std::size_t enough_records = 10;

    enum class course { moves, even, constant, running };
    struct layer_facts {
        std::size_t records = 0;
        std::int64_t first_step = 0, last_step = 0, least_gap = 0, most_gap = 0;
        std::size_t gaps = 0;  ///< records with a step or more between them and the one before
        std::int64_t first_gap = 0;   ///< the step before the first of them
        std::int64_t behind_gap = 0;  ///< and that behind it
        bool fine_scores = false;     ///< whether one is finer than bfloat16 has it
        bool changes = false, moves_freely = false, uneven = false;
        std::size_t unloaded = 0;  ///< records since the last one with a load
        std::size_t falls = 0;     ///< records in which a load is less than in the one before
        std::size_t clipped = 0;   ///< records in which two experts or more have the largest load
        double largest = 0;        ///< of all loads
        double sum = 0;            ///< of the first record
        double least_sum = 0, most_sum = 0;
        bool whole = true;
        rounded_loads rounding;
        still_loads still;
        std::vector<double> last, sums,
            squares;  ///< (experts); shares over records and their squares
    };
    static void look_at(std::span<const double> loads, const lane_total& all, layer_facts& layer);

    static bool is_still_at_end(const layer_facts& layer);
    static course course_of(const layer_facts& layer);
    void say_steps(std::vector<std::string>& to) const;
    void say_missing(std::size_t most, std::vector<std::string>& to) const;
    void say_sums(std::vector<std::string>& to) const;
    void say_rounded(std::vector<std::string>& to) const;
    void say_layers(std::vector<std::string>& to) const;
    void say_still(std::vector<std::string>& to) const;
    void say_held(std::vector<std::string>& to) const;
    void say_random(std::span<const std::size_t> answering, std::vector<std::string>& to) const;
    void say_biases(std::span<const layer_state> states, std::vector<std::string>& to) const;
    [[nodiscard]] bool all_whole() const;

    const log_head& head_;
    std::vector<layer_facts> layers_;
};

}  // namespace moebius
