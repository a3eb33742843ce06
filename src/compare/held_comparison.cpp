// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/row_writer.hpp>
#include <moebius/compare/held_prediction.hpp>
#include <span>

namespace moebius {
namespace {

constexpr double missed = 0.3;  // of a gap, by which frozen theory is off where training is judged

/// The mean gap of a model over the records that end in the window around the age; NaN for none.
double gap_around(const training_state& state, std::size_t record_every, std::uint64_t age,
                  std::uint64_t window) {
    const std::size_t experts = state.scores.size(), width = 2 + 2 * experts;
    const auto others = static_cast<double>(experts) - 1;
    std::vector<double> gaps;
    for (std::size_t row = 0; row < state.records.size() / width; ++row) {
        const auto from = row * record_every, to = from + record_every;
        if (2 * to <= 2 * age - window || 2 * from >= 2 * age + window) continue;
        const double load = state.records[row * width + 2];
        gaps.push_back(load - (1 - load) / others);
    }
    return mean_of_series(gaps).mean;
}

/// Over the seeds of one start at one feedback, and what they add to the whole.
struct seed_rows {
    std::vector<double> at_age, late;
};

seed_rows rows_of(const held_prediction& predicted, const trained_validation& free,
                  std::size_t side, std::size_t point) {
    seed_rows out;
    for (std::size_t s = 0; s < free.made.seeds(); ++s) {
        const auto run = free.made.run(side, point, s);
        out.at_age.push_back(gap_around(free.states[run], free.made.work.record_every,
                                        predicted.age, predicted.window));
        out.late.push_back(gaps_of(free.loads[run]).training);
    }
    return out;
}

struct mean_of {
    double sum = 0, count = 0;
    void add(double value) {
        if (std::isnan(value)) return;
        sum += value;
        ++count;
    }
    [[nodiscard]] double value() const { return count > 0 ? sum / count : not_a_number; }
};

/// Of the points in the window.
struct window_errors {
    mean_of held, frozen, age, run, followed, followed_run;

    void add(const held_comparison::point& at, const held_point& point,
             const std::vector<double>& late) {
        held.add(std::abs(at.held.value - at.late.value));
        frozen.add(std::abs(at.frozen.value - at.late.value));
        age.add(std::abs(at.held.value - at.at_age.value));
        followed.add(std::abs(at.followed.value - at.late.value));
        for (std::size_t s = 0; s < late.size(); ++s) run.add(std::abs(point.held[s] - late[s]));
        for (std::size_t s = 0; s < point.followed.size(); ++s)
            followed_run.add(std::abs(point.followed[s] - late[s]));
    }

    void put(held_comparison& out) const {
        out.held_error = held.value();
        out.frozen_error = frozen.value();
        out.age_error = age.value();
        out.run_error = run.value();
        out.followed_error = followed.value();
        out.followed_run_error = followed_run.value();
    }
};

/// Of the runs that are apart from balance late.
void add_winners(const std::vector<double>& told, const std::vector<double>& late, double apart,
                 mean_of& to) {
    for (std::size_t s = 0; s < told.size(); ++s)
        if (std::abs(late[s]) > apart) to.add(told[s] * late[s] > 0 ? 1 : 0);
}

swept_gaps gaps_over(const held_prediction& of, std::vector<double> held_point::*which) {
    swept_gaps out;
    for (const auto& point : of.points) {
        if (point.side == 0) out.feedbacks.push_back(point.feedback);
        out.sides[point.side].push_back(point.*which);
    }
    return out;
}

void put_drawn(const std::string& name, const drawn_interval& over, row_writer& row) {
    row.put(name, over.value);
    row.put(name + "_low", over.low);
    row.put(name + "_high", over.high);
}

/// @param late  (points, seeds)
void compare_places(const held_prediction& predicted, const std::vector<std::vector<double>>& late,
                    double apart, const bootstrap_options& over, held_places& out) {
    const auto held = gaps_over(predicted, &held_point::held);
    auto training = held;
    const std::size_t n = training.feedbacks.size();
    for (std::size_t i = 0; i < late.size(); ++i) training.sides[i / n][i % n] = late[i];
    out.training = places_of(training, apart, over);
    out.held_off = places_between(held, training, apart, over);
    if (predicted.follows())
        out.followed_off =
            places_between(gaps_over(predicted, &held_point::followed), training, apart, over);
}

}  // namespace

held_places places_of(const held_prediction& of, double apart, const bootstrap_options& over) {
    held_places out{places_of(gaps_over(of, &held_point::frozen), apart, over),
                    places_of(gaps_over(of, &held_point::held), apart, over)};
    if (of.follows()) out.followed = places_of(gaps_over(of, &held_point::followed), apart, over);
    return out;
}

held_comparison compare_held(const held_prediction& predicted, const trained_validation& free,
                             const trained_validation_options& how, const held_options& held) {
    held_comparison out;
    window_errors errors;
    mean_of winners, followed_winners;
    const auto drawn = [&](const std::vector<double>& values) {
        return bootstrap_mean(values, held.over);
    };
    std::vector<std::vector<double>> late;
    for (std::size_t i = 0; i < predicted.points.size(); ++i) {
        const auto& point = predicted.points[i];
        const auto rows = rows_of(predicted, free, point.side, i % free.made.points());
        held_comparison::point at{point.side,
                                  point.feedback,
                                  drawn(point.held),
                                  drawn(point.frozen),
                                  drawn(rows.at_age),
                                  drawn(rows.late),
                                  false,
                                  means_of_states(rows.late, how.apart),
                                  drawn(point.followed)};
        add_winners(point.held, rows.late, how.apart, winners);
        add_winners(point.followed, rows.late, how.apart, followed_winners);
        at.in_window = std::abs(at.frozen.value - at.late.value) >= missed;
        if (at.in_window) errors.add(at, point, rows.late);
        out.points.push_back(at);
        late.push_back(rows.late);
    }
    errors.put(out);
    out.winners = winners.value();
    out.followed_winners = followed_winners.value();
    out.places = places_of(predicted, how.apart, held.over);
    compare_places(predicted, late, how.apart, held.over, out.places);
    out.batches = how.steps * free.states.size();
    return out;
}

table held_response_table(const held_prediction& of) {
    table out;
    row_writer row(out);
    for (std::size_t s = 0; s < of.leads.size(); ++s)
        for (std::size_t i = 0; i < of.gaps.size(); ++i) {
            row.next();
            row.put("seed", static_cast<double>(s));
            row.put("target", of.gaps[i]);
            row.put("gap", of.held_gaps[s][i]);
            row.put("lead", of.leads[s][i]);
            row.put("error", of.errors[s][i]);
        }
    return out;
}

table held_points_table(const held_prediction& of, const bootstrap_options& over) {
    table out;
    row_writer row(out);
    for (const auto& point : of.points) {
        row.next();
        row.put("side", static_cast<double>(point.side));
        row.put("feedback", point.feedback);
        put_drawn("gap_held", bootstrap_mean(point.held, over), row);
        put_drawn("gap_frozen", bootstrap_mean(point.frozen, over), row);
        if (of.follows()) put_drawn("gap_followed", bootstrap_mean(point.followed, over), row);
    }
    return out;
}

table held_places_table(const held_places& of) {
    table out;
    row_writer row(out);
    for (std::size_t i = 0; i < sweep_place_names.size(); ++i) {
        row.next();
        row.put("place", static_cast<double>(i));
        put_drawn("frozen", of.frozen[i], row);
        put_drawn("held", of.held[i], row);
        put_drawn("followed", of.followed[i], row);
        put_drawn("training", of.training[i], row);
        put_drawn("held_off", of.held_off[i], row);
        put_drawn("followed_off", of.followed_off[i], row);
    }
    return out;
}

table held_comparison_table(const held_comparison& of) {
    table out;
    row_writer row(out);
    for (const auto& at : of.points) {
        row.next();
        row.put("side", static_cast<double>(at.side));
        row.put("feedback", at.feedback);
        put_drawn("gap_held", at.held, row);
        put_drawn("gap_frozen", at.frozen, row);
        put_drawn("gap_at_age", at.at_age, row);
        put_drawn("gap_training", at.late, row);
        if (!std::isnan(at.followed.value)) put_drawn("gap_followed", at.followed, row);
        row.put("in_window", at.in_window ? 1 : 0);
        row.put("states", static_cast<double>(at.states.states));
        row.put("training_first", at.states.low);
        row.put("training_second", at.states.high);
    }
    return out;
}

}  // namespace moebius
