// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/checked_size.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/random.hpp>
#include <moebius/simulate/replicas.hpp>
#include <moebius/simulate/router_loop.hpp>
#include <numeric>
#include <type_traits>

#include "moments.hpp"

namespace moebius {
namespace {

bool is_controlled(const feedback_rule& rule) { return rule.controller.law != control_law::none; }

std::vector<std::string> quantities(std::size_t experts, bool controlled) {
    std::vector<std::string> names;
    std::vector<const char*> words{"load", "score"};
    if (controlled) words.push_back("control");
    for (const auto* word : words)
        for (std::size_t e = 1; e <= experts; ++e) names.push_back(fmt::format("{}_{}", word, e));
    if (experts == 2) names.insert(names.end(), {"gap", "x"});
    return names;
}

/// The quantities' values after a batch, in the order of their names.
/// @param control  (E); empty without a controller
void measure(std::span<const double> loads, std::span<const double> scores,
             std::span<const double> control, std::vector<double>& out) {
    out.assign(loads.begin(), loads.end());
    out.insert(out.end(), scores.begin(), scores.end());
    out.insert(out.end(), control.begin(), control.end());
    if (scores.size() == 2) {
        out.push_back(out[0] - out[1]);
        out.push_back(scores[0] - scores[1]);
    }
}

/// What one run comes to, batch after batch.
class replica {
public:
    replica(const simulate_options& options, std::size_t experts, bool controlled)
        : options_(&options),
          controlled_(controlled),
          sums_(quantities(experts, controlled).size(), moments(options.steps)) {}

    void add(std::span<const double> loads, std::span<const double> scores,
             std::span<const double> control) {
        if (++batch_ <= options_->burn_in) return;
        measure(loads, scores, controlled_ ? control : std::span<const double>{}, values_);
        for (std::size_t q = 0; q < values_.size(); ++q) sums_[q].add(values_[q]);
        if ((batch_ - options_->burn_in) % options_->record_every != 0) return;
        values_.insert(values_.begin(), static_cast<double>(batch_));
        rows.push_back(values_);
    }

    [[nodiscard]] const std::vector<moments>& sums() const { return sums_; }
    [[nodiscard]] std::size_t measured() const {
        return batch_ - std::min(batch_, options_->burn_in);
    }

    [[nodiscard]] bool controlled() const { return controlled_; }

    std::vector<std::vector<double>> rows;  ///< step and quantities
    std::uint64_t unrouted = 0;

private:
    const simulate_options* options_;
    bool controlled_;
    std::vector<moments> sums_;  // one a quantity
    std::vector<double> values_;
    std::size_t batch_ = 0;
};

/// What a run's loads come to.
/// @param loads_at  (batch, E) -> loads of that batch
template <typename Loads>
void sum_up(const loop_run& run, std::size_t batches, std::size_t experts, Loads loads_at,
            replica& result) {
    auto start = run.scores;
    start.resize(experts);
    loop_scores scores(std::move(start));
    std::vector<double> loads(experts);
    for (std::size_t batch = 0; batch < batches; ++batch) {
        loads_at(batch, loads);
        scores.follow(run.rule, loads);
        result.add(loads, scores.of_rule(), scores.of_controller());
    }
}

/// Run r of a history of so many batches a run, of which `batches` were run.
replica summed(const loop_batch& of, const std::vector<std::uint32_t>& history, std::size_t r,
               std::size_t batches, const simulate_options& options) {
    const std::size_t experts = of.source->experts();
    replica result(options, experts, is_controlled(of.runs[r].rule));
    sum_up(
        of.runs[r], batches, experts,
        [&](std::size_t batch, std::vector<double>& loads) {
            const auto counts =
                std::span(history).subspan((r * of.steps + batch) * experts, experts);
            result.unrouted +=
                of.tokens - std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
            std::transform(counts.begin(), counts.end(), loads.begin(), [&](std::uint32_t count) {
                return static_cast<double>(count) / static_cast<double>(of.tokens);
            });
        },
        result);
    return result;
}

replica summed(const router_batches& of, const load_history& history, std::size_t r,
               std::size_t batches, const simulate_options& options) {
    const std::size_t experts = of.source->experts();
    replica result(options, experts, is_controlled(of.runs[r].rule));
    result.unrouted = history.unrouted[r];
    sum_up(
        of.runs[r], batches, experts,
        [&](std::size_t batch, std::vector<double>& loads) {
            std::copy_n(history.loads.begin() +
                            static_cast<std::ptrdiff_t>((r * of.steps + batch) * experts),
                        experts, loads.begin());
        },
        result);
    return result;
}

void append_row(table& to, std::initializer_list<double> front, std::span<const double> rest) {
    std::size_t column = 0;
    for (const double value : front) to.columns[column++].push_back(value);
    for (const double value : rest) to.columns[column++].push_back(value);
}

/// The tables of replicas that come one after the other.
class collector {
public:
    collector(std::size_t experts, bool controlled) {
        made_.records.names = {"replica", "step"};
        made_.summary.names = {"replica", "unrouted"};
        for (const auto& name : quantities(experts, controlled)) {
            made_.records.names.push_back(name);
            for (const auto* what : {"mean", "variance", "error"})
                made_.summary.names.push_back(fmt::format("{}_{}", name, what));
        }
        for (table* t : {&made_.records, &made_.summary}) t->columns.resize(t->names.size());
    }

    void check(const simulate_options& options) const {
        const std::size_t rows = options.steps / options.record_every;
        check_result_size("simulate", "replicas", options.replicas, made_.summary.names.size());
        if (rows > 0)
            check_result_size(
                "simulate", "records of each replica", rows,
                checked_product("simulate", {options.replicas, made_.records.names.size()}));
    }

    void add(const replica& next) {
        const auto number = static_cast<double>(count_++);
        if (next.measured() < 2) return;  // stopped before it has a variance
        for (const auto& row : next.rows) append_row(made_.records, {number}, row);
        std::vector<double> summary;
        for (const auto& sum : next.sums())
            summary.insert(summary.end(), {sum.mean(), sum.variance(), sum.error()});
        append_row(made_.summary, {number, static_cast<double>(next.unrouted)}, summary);
        batches_.push_back(static_cast<double>(next.measured()));
    }
    void add(const std::vector<replica>& all) {
        for (const auto& next : all) add(next);
    }

    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    [[nodiscard]] simulation take() { return std::move(made_); }

    /// What replicas came to that were stopped. The summary says how many batches each has.
    /// @throws interrupted  if none has enough of them
    [[noreturn]] void stop() {
        if (batches_.empty()) throw interrupted("simulate");
        made_.summary.names.emplace_back("batches");
        made_.summary.columns.push_back(std::move(batches_));
        throw cut_short<simulation>("simulate", std::move(made_));
    }

private:
    simulation made_;
    std::vector<double> batches_;
    std::size_t count_ = 0;
};

/// @param batches  (replicas) that were run of each
template <typename Batch, typename History>
std::vector<replica> summed_all(const Batch& of, const History& history,
                                const std::vector<std::size_t>& batches,
                                const simulate_options& options) {
    std::vector<replica> replicas;
    replicas.reserve(of.runs.size());
    for (std::size_t r = 0; r < of.runs.size(); ++r)
        replicas.push_back(summed(of, history, r, batches[r], options));
    return replicas;
}

/// Keeps what there was before a device failed: batches of the first replicas, or whole replicas.
simulation kept_from(const loops_cut& cut, const loop_batch& batch, collector& made,
                     const simulate_options& options) {
    if (made.count() > 0) {
        const std::size_t whole = made.count();
        auto result = made.take();
        result.failure = fmt::format("{}; {} of {} replicas were measured before", cut.what(),
                                     whole, options.replicas);
        return result;
    }
    if (cut.steps < options.burn_in + 2) throw device_error("simulate", cut.what());
    auto shorter = options;
    shorter.steps = cut.steps - options.burn_in;
    auto part = batch;
    part.steps = cut.steps;
    made.add(summed_all(part, cut.history, std::vector(batch.runs.size(), cut.steps), shorter));
    auto result = made.take();
    result.failure = fmt::format("{}; {} of {} batches were measured before", cut.what(),
                                 shorter.steps, options.steps);
    return result;
}

void check(const simulate_options& options) {
    const auto require = [](std::string_view name, std::size_t value, std::size_t least) {
        if (value < least)
            throw invalid_argument("simulate", fmt::format("{} is {}", name, value),
                                   fmt::format("it must be >= {}", least));
    };
    if (options.burn_in + options.steps < options.steps)
        throw invalid_argument(
            "simulate",
            fmt::format("burn_in is {} and steps is {}", options.burn_in, options.steps),
            "their sum must fit 64 bits");
    require("replicas", options.replicas, 1);
    require("steps", options.steps, 2);
    require("record_every", options.record_every, 1);
}

/// How many replicas go side by side.
/// @throws invalid_argument  if the counts of one are too many
std::size_t at_once(const simulate_options& options, std::size_t experts) {
    constexpr std::size_t most = std::size_t{1} << 30;
    const std::size_t batches = options.burn_in + options.steps;
    if (batches > most / experts)
        throw invalid_argument(
            "simulate", fmt::format("{} batches of {} experts came", batches, experts),
            fmt::format("a replica has at most {} counts, and more replicas tell as much", most));
    return std::max<std::size_t>(1, options.at_once / (batches * experts));
}

/// Replicas of one rule, as many side by side as `options` says.
/// @param batch  what they are, without runs
template <typename Batch>
simulation run_replicas(Batch batch, const feedback_rule& rule, const simulate_options& options,
                        const watch& watched, const loop_backend& on) {
    const std::size_t experts = batch.source->experts();
    collector made(experts, is_controlled(rule));
    made.check(options);
    const std::size_t each = at_once(options, experts);
    using history = decltype(on.run_loops(batch, watched));
    while (made.count() < options.replicas) {
        const std::size_t first = made.count(), end = std::min(options.replicas, first + each);
        batch.runs.clear();
        for (std::size_t r = first; r < end; ++r)
            batch.runs.push_back(
                {rule, derived_seed(options.loop.seed, r), options.scores, {}, {}});
        try {
            const auto part = part_of(watched, first, end - first, options.replicas);
            const auto ran = on.run_loops(batch, part);
            made.add(summed_all(batch, ran, std::vector(end - first, batch.steps), options));
        } catch (const cut_short<stopped_at<history>>& cut) {
            made.add(summed_all(batch, cut.so_far.history, cut.so_far.steps, options));
            made.stop();
        } catch (const loops_cut& cut) {
            if constexpr (std::is_same_v<Batch, loop_batch>)
                return kept_from(cut, batch, made, options);
            else
                throw;
        }
    }
    return made.take();
}

}  // namespace

simulation simulate(const std::shared_ptr<const token_source>& source, const feedback_rule& rule,
                    const simulate_options& options, const watch& watched, const loop_backend& on) {
    check(options);
    if (!source) throw invalid_argument("simulate", "no tokens came", "a source is needed");
    const loop_batch batch{
        source, options.loop.noise, options.loop.tokens, options.burn_in + options.steps, {}};
    return run_replicas(batch, rule, options, watched, on);
}

simulation simulate(const std::shared_ptr<const token_source>& source,
                    const std::shared_ptr<const router>& router, const feedback_rule& rule,
                    const simulate_options& options, const watch& watched, const loop_backend& on) {
    check(options);
    const router_loop checked(source, router, options.loop, options.scores);
    const router_batches batch{
        source, router, options.loop.tokens, options.burn_in + options.steps, {}};
    return run_replicas(batch, rule, options, watched, on);
}

}  // namespace moebius
