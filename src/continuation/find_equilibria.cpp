// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/view.hpp>
#include <moebius/continuation/find_equilibria.hpp>
#include <moebius/continuation/state_units.hpp>
#include <moebius/continuation/steady_state.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/solve/newton.hpp>
#include <optional>

#include "scan_line.hpp"
#include "winning_loads.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr int most_from_a_start = 16;  // roots by deflation
constexpr double step_share = 0.1;     // of the way from zero: a step of Newton's method from there
constexpr int steps_of_shares = 80;    // of which there may be so many
constexpr std::size_t worth_threads = 64;  // starts

void heed(const watch& watched) {
    if (watched.stopping()) throw interrupted("find_equilibria");
}

/// Starts: zero, one that the model names, and those that fill a box: a Kronecker sequence of fixed
/// length.
std::vector<VectorXd> starts(const problem& base, bool flows) {
    const auto n = static_cast<Index>(base.model->dimension());
    const auto [low, high] = start_box(base);
    // Where winners are known to start from, what is left is what lies between them.
    const int count = flows ? 8 : 24;
    std::vector<VectorXd> result{VectorXd::Zero(n)};
    VectorXd named(n);
    if (base.model->initial(view(named)) && !named.isZero(0)) result.push_back(named);
    for (int k = 1; k < count; ++k) {
        VectorXd x(n);
        for (Index i = 0; i < n; ++i)
            x[i] = low + (high - low) * std::fmod(k * std::sqrt(2.0 + static_cast<double>(i)), 1.0);
        result.push_back(x);
    }
    return result;
}

/// F with the roots that are known divided out: M F with M = prod (1 + 1/|x - r|^2), distances in
/// state scales. Newton's method on it does not go where it has been.
/// @source  Farrell, Birkisson & Funke, SIAM J. Sci. Comput. 37 (2015), eq. (3.3) with p = 2
class deflated_system {
public:
    explicit deflated_system(const problem& base)
        : base_(base),
          unit_(base.model->state_scale(base.parameters)),
          fp_(static_cast<Index>(base.model->dimension()),
              static_cast<Index>(base.parameters.size())) {}

    [[nodiscard]] newton_result plain_from(const VectorXd& start) {
        return newton(
            [this](const VectorXd& x, VectorXd& f, Eigen::MatrixXd& df) { linear(x, f, df); },
            start);
    }

    /// Another root near the start, and the known ones out of the way.
    [[nodiscard]] newton_result from(const VectorXd& start) {
        const auto found = newton(
            [this](const VectorXd& x, VectorXd& f, Eigen::MatrixXd& df) {
                linear(x, f, df);
                double m = 1;
                VectorXd log_slope = VectorXd::Zero(x.size());
                for (const auto& root : roots_) {
                    const VectorXd away = (x - root) / unit_;
                    const double square = away.squaredNorm();
                    m *= 1 + 1 / square;
                    log_slope -= 2 * away / (unit_ * square * (square + 1));
                }
                df = m * (df + f * log_slope.transpose());
                f *= m;
            },
            start);
        return found ? plain_from(found.u) : found;
    }

    /// @return false if it was known
    bool add(const VectorXd& root) {
        for (const auto& known : roots_)
            if ((root - known).norm() <= 1e-8 * (unit_ + root.norm())) return false;
        roots_.push_back(root);
        return true;
    }

    [[nodiscard]] const std::vector<VectorXd>& roots() const noexcept { return roots_; }

private:
    void linear(const VectorXd& x, VectorXd& f, Eigen::MatrixXd& df) {
        base_.model->linear(view(x), base_.parameters, view(f), view(df), view(fp_));
    }

    const problem& base_;
    double unit_;
    Eigen::MatrixXd fp_;
    std::vector<VectorXd> roots_;
};

/// Where the flow goes from each choice of winners.
/// @return false if the model knows none
bool add_flowing(const problem& base, deflated_system& system, search_record& record,
                 const watch& watched, const group_choice& apart = {}) {
    if (base.model->experts() == 0) return false;
    VectorXd start(static_cast<Index>(base.model->dimension()));
    steady_state flow(base);
    bool all = true;
    for (const auto& loads : winning_loads(*base.model, all, apart)) {
        if (!base.model->rest(loads, base.parameters, view(start))) return false;
        heed(watched);
        ++record.starts;
        if (const auto x = flow.from(start))
            system.add(*x);
        else
            ++record.no_rest;
    }
    record.may_miss |= !all;
    return true;
}

/// A root near the start.
newton_result near(const problem& base, const VectorXd& start) {
    Eigen::MatrixXd fp(start.size(), static_cast<Index>(base.parameters.size()));
    return newton(
        [&](const VectorXd& x, VectorXd& f, Eigen::MatrixXd& df) {
            f.resize(x.size());
            base.model->linear(view(x), base.parameters, view(f), view(df), view(fp));
        },
        start, {.max_iterations = steps_of_shares, .longest = step_share * (1 + start.norm())});
}

/// Gives groups that have the same load above 0 the mean of their states, as those come near it
/// that share what is to be had: of much feedback a little of it makes up for a bias.
/// States stand as those of a cell_field do.
void even_out(const std::vector<double>& loads, VectorXd& x) {
    const auto count = static_cast<Index>(loads.size());
    if (x.size() % count != 0) return;
    for (std::size_t g = 0; g < loads.size(); ++g) {
        if (loads[g] == 0) continue;
        std::vector<Index> alike;
        for (std::size_t h = 0; h < loads.size(); ++h)
            if (loads[h] == loads[g]) alike.push_back(static_cast<Index>(h));
        for (Index kind = 0; kind < x.size() / count; ++kind) {
            auto states = x.segment(kind * count, count);
            states(alike).setConstant(states(alike).mean());
        }
    }
}

/// The roots near where some groups hold everything, if all choices of them are few: saddles are
/// there, too. Of softmax with biases all roots, each with its own choice (docs/theory.md section
/// 3).
void add_nearest(const problem& base, deflated_system& system, search_record& record,
                 const watch& watched) {
    bool all = true;
    auto starts = winning_loads(*base.model, all);
    if (!all) return;
    for (auto& more : full_loads(*base.model, all)) starts.push_back(std::move(more));
    std::vector<newton_result> ends(starts.size());
    parallel_for(starts.size(), starts.size() < worth_threads, [&](std::size_t k) {
        heed(watched);
        VectorXd start(static_cast<Index>(base.model->dimension()));
        if (!base.model->rest(starts[k], base.parameters, view(start))) return;
        even_out(starts[k], start);
        ends[k] = near(base, start);
    });
    record.starts += starts.size();
    for (const auto& end : ends)
        if (end)
            system.add(end.u);
        else
            ++record.no_root;
    record.may_miss |= !all;
}

/// Where the flow goes from the start that the model names.
void add_named(const problem& base, deflated_system& system, search_record& record) {
    VectorXd start(static_cast<Index>(base.model->dimension()));
    if (!base.model->initial(view(start))) return;
    ++record.starts;
    const auto x = steady_state(base).from(start);
    if (!x) ++record.no_rest;
    if (x) system.add(*x);
}

std::vector<VectorXd> deflate(const problem& base, search_record& record, const watch& watched) {
    deflated_system system(base);
    const bool flows = add_flowing(base, system, record, watched);
    add_named(base, system, record);
    if (base.model->dimension() > most_deflated) {
        ++record.cut_short;
        return system.roots();
    }
    if (flows) add_nearest(base, system, record, watched);
    for (const auto& start : starts(base, flows)) {
        ++record.starts;
        const auto plain = system.plain_from(start);
        bool led_somewhere = static_cast<bool>(plain);
        if (plain) system.add(plain.u);
        for (int again = 0; again < most_from_a_start; ++again) {
            heed(watched);
            const auto found = system.from(start);
            led_somewhere = led_somewhere || found;
            if (!found || !system.add(found.u)) break;
        }
        if (!led_somewhere) ++record.no_root;
    }
    return system.roots();
}

std::vector<VectorXd> flow_ends(const problem& base, search_record& record,
                                const group_choice& apart) {
    deflated_system system(base);
    add_flowing(base, system, record, {}, apart);
    if (apart) return system.roots();
    ++record.starts;
    steady_state flow(base);
    if (const auto x = flow.from(VectorXd::Zero(static_cast<Index>(base.model->dimension()))))
        system.add(*x);
    else
        ++record.no_rest;
    return system.roots();
}

/// What is searched in units in which all states are of order 1, in the model's own.
template <typename Search>
std::vector<VectorXd> searched_in_units(const problem& base, const Search& search) {
    check_parameters(*base.model, base.parameters);
    const problem_in_units own(base);
    auto found = search(own.on());
    for (auto& x : found) own.leave(view(x));
    return found;
}

}  // namespace

std::pair<double, double> start_box(const problem& base) {
    const double unit = base.model->state_scale(base.parameters);
    auto [low, high] = base.model->state_bounds(base.parameters);
    if (!std::isfinite(low)) low = -unbounded_reach / 5 * unit;
    if (!std::isfinite(high)) high = unbounded_reach / 5 * unit;
    return {low, high};
}

std::vector<VectorXd> find_equilibria(const problem& base, search_record* record,
                                      const watch& watched) {
    search_record unseen;
    search_record& counts = record ? *record : unseen;
    return searched_in_units(base, [&](const problem& on) {
        if (on.model->dimension() > 1) return deflate(on, counts, watched);
        ++counts.starts;
        return scan_line(on, counts, watched);
    });
}

std::vector<VectorXd> flow_equilibria(const problem& base, search_record* record,
                                      std::optional<std::pair<std::size_t, std::size_t>> apart) {
    search_record unseen;
    search_record& counts = record ? *record : unseen;
    return searched_in_units(base, [&](const problem& on) { return flow_ends(on, counts, apart); });
}

}  // namespace moebius
