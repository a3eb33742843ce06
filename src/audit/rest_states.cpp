// SPDX-License-Identifier: MIT
#include "rest_states.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/base/view.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <moebius/solve/dense.hpp>

#include "solved_state.hpp"
#include "whole_jacobian.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double near_rest = 1e-2;             // state scales of a Newton step, for a try
constexpr double slow = 1e-2;                  // |f| against |f_x| and the state scale, for a try
constexpr double slower = 0.3;                 // of the rate of a try, for the next one
constexpr double rough = 1e-4;                 // accuracy of a way, relative and in state scales
constexpr std::size_t most_steps = 1'000'000;  // of a way: it takes some hundreds
constexpr double first_time = 4;     // in units of 1 / |f_x|, then twice as long each time
constexpr double almost_all = 1e-3;  // what winners leave to the others
constexpr double unequal = 1e-2;     // of the loads of winners, at most
constexpr double golden = 0.6180339887498949;
constexpr std::size_t most_pairs = 256;  // of groups of alike cells that win together

/// Whether all eigenvalues of a symmetric matrix are negative; nothing where one is zero. They lie
/// below a bound where the bound less the matrix has a Cholesky factor (Sylvester's law of
/// inertia).
std::optional<bool> all_negative(const MatrixXd& a, double zero) {
    const auto all_below = [&](double bound) {
        MatrixXd left = -a;
        left.diagonal().array() += bound;
        return is_positive_definite(left);
    };
    if (all_below(-zero)) return true;
    if (!all_below(zero)) return false;
    return std::nullopt;
}

}  // namespace

descent::descent(const whole_space& in, const problem& at, std::optional<double> step,
                 const audit_options& options, const watch& watched)
    : in_(in),
      at_(at),
      step_(step),
      options_(options),
      watched_(watched),
      size_(whole_slopes({at, VectorXd::Zero(static_cast<Index>(in.states()))}).size) {}

void descent::stop_if_asked() const {
    if (watched_.stopping()) throw interrupted("audit");
}

bool descent::go_on_by_steps(VectorXd& x, double time) const {
    const double rounds = std::ceil(time / *step_);
    if (!(rounds <= most_steps)) return false;
    VectorXd f(x.size());
    for (double k = 0; k < rounds; ++k) {
        stop_if_asked();
        at_.model->rhs(view(x), at_.parameters, view(f));
        x += *step_ * f;
        if (!x.allFinite()) return false;
    }
    return true;
}

bool descent::go_on(VectorXd& x, double time) const {
    if (!x.allFinite() || !(time > 0) || !std::isfinite(time)) return false;
    if (step_) return go_on_by_steps(x, time);
    // the way to a state need not be exact: another way is another start
    const flow_options rough_flow{
        .rtol = rough, .atol = rough * in_.unit(), .max_steps = most_steps};
    const auto way = integrate(at_, view(x), time, {.samples = 2, .flow = rough_flow}, watched_);
    if (way.status != flow_status::converged) return false;
    for (Index i = 0; i < x.size(); ++i)
        x[i] = way.columns.columns[static_cast<std::size_t>(i) + 1].back();
    return true;
}

std::optional<VectorXd> descent::rest_near(const VectorXd& x) const {
    stop_if_asked();
    const auto end =
        solved_state(at_, x, {.max_iterations = 24, .longest_first = near_rest * in_.unit()});
    if (!end || (end.u - x).cwiseAbs().maxCoeff() > 2 * near_rest * in_.unit()) return std::nullopt;
    return end.u;
}

std::optional<bool> descent::attracts(const VectorXd& x) const {
    stop_if_asked();
    const whole_slopes slopes({at_, x});
    if (!step_ && slopes.is_symmetric())
        return all_negative(slopes.fx, options_.eigenvalue * slopes.size);
    const whole_jacobian here({at_, x});
    double most = -here.size;
    for (const auto& z : here.eigenvalues)
        most = std::max(most, step_ ? (std::abs(1.0 + *step_ * z) - 1) / *step_ : z.real());
    if (std::abs(most) <= options_.eigenvalue * here.size) return std::nullopt;
    return most < 0;
}

std::optional<VectorXd> descent::from(VectorXd x) const {
    double left = options_.patience, tried = 0;  // |f| at the last try
    VectorXd f(x.size());
    for (double time = first_time; left > 0; time *= 2) {
        if (!go_on(x, std::min(time, left) / size_)) return std::nullopt;
        left -= time;
        at_.model->rhs(view(x), at_.parameters, view(f));
        const double rate = f.cwiseAbs().maxCoeff();
        if (rate > slow * size_ * in_.unit()) continue;  // no need for a matrix
        if (rate <= tried && rate > slower * tried) continue;
        tried = rate;
        if (const auto rest = rest_near(x); rest && attracts(*rest).value_or(false)) return rest;
    }
    return std::nullopt;
}

namespace {

/// Starts from given loads.
class load_starts {
public:
    load_starts(const problem& at, std::vector<VectorXd>& to) : at_(at), to_(to) {}

    /// False if the model does not know the state of given loads.
    bool add(std::vector<double> loads) {
        double sum = 0;
        for (const double load : loads) sum += load;
        for (double& load : loads) load /= sum;
        VectorXd x(static_cast<Index>(at_.model->dimension()));
        if (!at_.model->rest(loads, at_.parameters, view(x))) return false;
        to_.push_back(std::move(x));
        return true;
    }

    bool add_winners(std::span<const std::size_t> winners) {
        const std::size_t n = at_.model->experts();
        std::vector<double> loads(n, almost_all / static_cast<double>(n));
        // equal winners would stay on the states in which they agree, which may repel
        for (const std::size_t e : winners)
            loads[e] = 1 - unequal * std::fmod(golden * static_cast<double>(e), 1.0);
        return add(std::move(loads));
    }

private:
    const problem& at_;
    std::vector<VectorXd>& to_;
};

/// One, two and three of each group of alike cells, and one of each of two groups.
void add_few_winners(const whole_space& in, load_starts& starts, std::size_t experts) {
    grouping groups = in.alike();
    if (groups.size() == 0) groups = singletons(experts);
    for (const auto& group : groups.groups)
        for (std::size_t k = 1; k <= std::min<std::size_t>(3, group.size()); ++k)
            if (!starts.add_winners(std::span(group).first(k))) return;
    if (groups.size() * (groups.size() - 1) / 2 > most_pairs) return;
    for (std::size_t a = 0; a < groups.size(); ++a)
        for (std::size_t b = a + 1; b < groups.size(); ++b) {
            const std::size_t both[] = {groups.groups[a].front(), groups.groups[b].front()};
            if (!starts.add_winners(both)) return;
        }
}

double random_share(const audit_options& options, std::uint64_t start, std::size_t i) {
    const auto words =
        random_words(options.seed, random_stream::start, start, static_cast<std::uint32_t>(i));
    return uniform(words[0], words[1]);
}

}  // namespace

std::vector<VectorXd> starts_at(const whole_space& in, const problem& at, const VectorXd& low,
                                const VectorXd& high, const audit_options& options,
                                std::uint64_t index) {
    std::vector<VectorXd> out;
    load_starts loads(at, out);
    const std::size_t experts = at.model->experts();
    if (experts > 0) add_few_winners(in, loads, experts);
    for (std::size_t k = 0; k < options.starts; ++k) {
        const std::uint64_t start = index * options.starts + k;
        std::vector<double> random(std::max(experts, in.states()) + 1);
        for (std::size_t i = 0; i < random.size(); ++i) random[i] = random_share(options, start, i);
        if (experts > 0) {  // loads from nearly equal to nearly all on one
            std::vector<double> shares(random.begin(),
                                       random.begin() + static_cast<std::ptrdiff_t>(experts));
            for (double& share : shares) share = std::pow(share, 8 * random.back() * random.back());
            if (loads.add(std::move(shares))) continue;
        }
        VectorXd x(static_cast<Index>(in.states()));
        for (Index i = 0; i < x.size(); ++i)
            x[i] = std::lerp(low[i], high[i], random[static_cast<std::size_t>(i)]);
        out.push_back(std::move(x));
    }
    return out;
}

}  // namespace moebius
