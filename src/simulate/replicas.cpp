// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/checked_size.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/random.hpp>
#include <moebius/simulate/replicas.hpp>
#include <moebius/simulate/router_loop.hpp>
#include <numeric>

namespace moebius {
namespace {

constexpr std::size_t most_blocks = 32;

/// Mean, variance and blocked standard error of a series whose length is known beforehand, or of
/// what there is of it.
class moments {
public:
    explicit moments(std::size_t length)
        : blocks_(std::min(most_blocks, length)), length_(length) {}

    void add(double value) {
        const double before = mean_;  // Welford's recurrence
        mean_ += (value - mean_) / static_cast<double>(++count_);
        squares_ += (value - before) * (value - mean_);
        auto& part = blocks_[block_of(count_ - 1)];
        part.sum += value;
        ++part.count;
    }

    double mean() const { return mean_; }
    double variance() const { return squares_ / static_cast<double>(count_); }

    double error() const {
        const std::size_t whole = count_ == length_ ? blocks_.size() : block_of(count_);
        if (whole < 2) return std::numeric_limits<double>::quiet_NaN();
        const auto n = static_cast<double>(whole);
        double squares = 0;
        for (std::size_t b = 0; b < whole; ++b)
            squares += std::pow(blocks_[b].sum / static_cast<double>(blocks_[b].count) - mean_, 2);
        return std::sqrt(squares / (n * (n - 1)));
    }

private:
    struct block {
        double sum = 0;
        std::size_t count = 0;
    };
    std::size_t block_of(std::size_t i) const { return i * blocks_.size() / length_; }

    std::vector<block> blocks_;
    std::size_t length_;
    std::size_t count_ = 0;
    double mean_ = 0;
    double squares_ = 0;
};

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

/// What a run's history comes to.
/// @param history  (batches, E), at most burn-in and steps
replica summed(const loop_run& run, std::span<const std::uint32_t> history,
               const simulate_options& options, std::size_t experts) {
    const std::size_t tokens = options.loop.tokens;
    replica result(options, experts, is_controlled(run.rule));
    auto start = run.scores;
    start.resize(experts);
    loop_scores scores(std::move(start));
    std::vector<double> loads(experts);
    for (std::size_t batch = 0; batch < history.size() / experts; ++batch) {
        const auto counts = history.subspan(batch * experts, experts);
        result.unrouted += tokens - std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
        std::transform(counts.begin(), counts.end(), loads.begin(), [&](std::uint32_t count) {
            return static_cast<double>(count) / static_cast<double>(tokens);
        });
        scores.follow(run.rule, loads);
        result.add(loads, scores.of_rule(), scores.of_controller());
    }
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

/// @param history  (replicas, batch.steps, E)
/// @param batches  (replicas) that were run of each
std::vector<replica> summed_all(const loop_batch& batch, const std::vector<std::uint32_t>& history,
                                const std::vector<std::size_t>& batches,
                                const simulate_options& options) {
    std::vector<replica> replicas;
    replicas.reserve(batch.runs.size());
    const std::size_t experts = batch.source->experts(),
                      length = (options.burn_in + options.steps) * experts;
    for (std::size_t r = 0; r < batch.runs.size(); ++r)
        replicas.push_back(summed(batch.runs[r],
                                  std::span(history).subspan(r * length, batches[r] * experts),
                                  options, experts));
    return replicas;
}

std::vector<replica> summed_all(const loop_batch& batch, const std::vector<std::uint32_t>& history,
                                const simulate_options& options) {
    const std::vector<std::size_t> all(batch.runs.size(), options.burn_in + options.steps);
    return summed_all(batch, history, all, options);
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
    made.add(summed_all(batch, cut.history, shorter));
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

}  // namespace

simulation simulate(const std::shared_ptr<const token_source>& source, const feedback_rule& rule,
                    const simulate_options& options, const watch& watched, const loop_backend& on) {
    check(options);
    if (!source) throw invalid_argument("simulate", "no tokens came", "a source is needed");
    collector made(source->experts(), is_controlled(rule));
    made.check(options);
    const std::size_t each = at_once(options, source->experts());
    while (made.count() < options.replicas) {
        const std::size_t first = made.count(), end = std::min(options.replicas, first + each);
        loop_batch batch{
            source, options.loop.noise, options.loop.tokens, options.burn_in + options.steps, {}};
        for (std::size_t r = first; r < end; ++r)
            batch.runs.push_back(
                {rule, derived_seed(options.loop.seed, r), options.scores, {}, {}});
        try {
            const auto part = part_of(watched, first, end - first, options.replicas);
            made.add(summed_all(batch, on.run_loops(batch, part), options));
        } catch (const cut_short<stopped_loops>& cut) {
            made.add(summed_all(batch, cut.so_far.history, cut.so_far.steps, options));
            made.stop();
        } catch (const loops_cut& cut) {
            return kept_from(cut, batch, made, options);
        }
    }
    return made.take();
}

simulation simulate(const std::shared_ptr<const token_source>& source,
                    const std::shared_ptr<const router>& router, const feedback_rule& rule,
                    const simulate_options& options, unsigned threads, const watch& watched) {
    check(options);
    const router_loop checked(source, router, options.loop, options.scores);
    check(rule, source->experts());
    collector made(source->experts(), is_controlled(rule));
    made.check(options);
    progress shared(
        watched, "simulate",
        checked_product("simulate", {options.replicas, options.burn_in + options.steps}));
    constexpr std::size_t each = 1024;  // replicas, of whose running sums some kilobytes are kept
    while (made.count() < options.replicas) {
        const std::size_t first = made.count();
        std::vector<replica> replicas(std::min(each, options.replicas - first),
                                      replica(options, source->experts(), is_controlled(rule)));
        const auto one = [&](std::size_t r) {
            auto loop_of_replica = options.loop;
            loop_of_replica.seed = derived_seed(options.loop.seed, first + r);
            router_loop loop(source, router, loop_of_replica, options.scores);
            for (std::size_t batch = 0; batch < options.burn_in + options.steps; ++batch) {
                if (watched.stopping()) throw interrupted("simulate");
                const auto loads = loop.advance(rule);
                replicas[r].add(loads, loop.scores(), loop.control_scores());
                replicas[r].unrouted = loop.unrouted();
                shared.add();
            }
        };
        try {
            parallel_for(replicas.size(), threads, one);
        } catch (const interrupted&) {
            made.add(replicas);
            made.stop();
        }
        made.add(replicas);
    }
    return made.take();
}

}  // namespace moebius
