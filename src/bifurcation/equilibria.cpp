// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <list>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/continuation/check_start.hpp>
#include <moebius/continuation/find_equilibria.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/solve/dense.hpp>

#include "cut_diagram.hpp"
#include "fixed_space.hpp"
#include "state_search.hpp"
#include "unit_frame.hpp"

namespace moebius {
namespace {

constexpr double most_scanned = 1 << 19;  // starts of few winners, times squared states: seconds

constexpr std::size_t window_starts = 8;   // for each value at which states are searched,
constexpr std::size_t for_each_state = 8;  // and so many more for each state

/// The subspaces of a diagram: that of the first groups, and those into which groups split.
class diagram_follower {
public:
    diagram_follower(const problem& base, const parameter_range& range,
                     const continuation_options& options, const watch& progress)
        : base_(base),
          range_(range),
          options_(options),
          watch_(progress),
          first_(add_fixed_space(base, 1)) {}

    void everything() {
        for (std::size_t k = 0; k < options_.searches; ++k) first_.search(value(k));
        take_from(first_);
        follow_all();
        for (std::size_t k = 0; k < options_.searches && options_.split_groups; ++k)
            search_finer(value(k));
        if (base_.model->cells() && options_.split_groups)
            for (const std::size_t winners : {1u, 2u}) scan(winners);
        search_window();
        for (auto& space : fixed_spaces_) space.record_lone();
    }

    void through(const special_point& start) {
        first_.through(start);
        take_from(first_);
        follow_all();
        for (auto& space : fixed_spaces_) space.record_lone();
    }

    [[nodiscard]] diagram& result() noexcept { return result_; }

private:
    [[nodiscard]] double value(std::size_t search) const {
        const double share =
            static_cast<double>(search) / static_cast<double>(options_.searches - 1);
        return std::lerp(range_.from, range_.to, share);
    }

    fixed_space& add_fixed_space(const problem& on, double copies) {
        return fixed_spaces_.emplace_back(base_, on, range_, options_, copies, result_, watch_);
    }

    fixed_space& fixed_space_of(const problem& on) {
        for (auto& known : fixed_spaces_)
            if (known.base().model->cells()->groups() == on.model->cells()->groups()) return known;
        return add_fixed_space(on,
                               copies(base_.model->cells()->groups(), on.model->cells()->groups()));
    }

    /// Branches that come and go between two searches: starts over the whole window in the first
    /// groups, and in finer ones in turn, until so many in a row find nothing new.
    void search_window() {
        search_window(std::vector{base_});
        if (!base_.model->cells() || !options_.split_groups) return;
        std::vector<problem> finer;
        for (const auto& groups : finer_groups(base_.model->cells()->groups()))
            finer.push_back(regrouped(base_, groups));
        if (!finer.empty()) search_window(finer);
    }

    void search_window(const std::vector<problem>& spaces) {
        const std::size_t states = spaces.front().model->dimension();
        const std::size_t enough = options_.searches * (window_starts + for_each_state * states);
        for (std::size_t k = 1, in_vain = 0; in_vain < enough; ++k) {
            const std::size_t known = result_.branches.size();
            if (known >= options_.max_branches && in_vain < k - 1) {
                ++result_.search.cut_short;
                return;
            }
            const problem& on = spaces[k % spaces.size()];
            search_window(on.model->cells() ? fixed_space_of(on) : first_, k);
            in_vain = result_.branches.size() > known ? 0 : in_vain + 1;
        }
    }

    /// One of the groups has winners; or each cell is by itself.
    static std::vector<grouping> finer_groups(const grouping& known) {
        std::vector<grouping> out;
        for (auto& one : winning_splits(known)) out.push_back(std::move(one.groups));
        grouping apart;
        for (const auto& group : known.groups)
            for (const std::size_t cell : group) apart.groups.push_back({cell});
        if (apart.size() > known.size() + 1) out.push_back(std::move(apart));
        return out;
    }

    void search_window(fixed_space& owner, std::size_t start) {
        if (owner.base().model->dimension() > most_deflated) return;  // as other searches said
        owner.search_window(start);
        take_from(owner);
        follow_all();
    }

    /// What the groups of the problem itself do not show.
    void search_finer(double value) {
        problem at = base_;
        at.set(range_.name, value);
        for (const auto& found : moebius::search_finer(at, result_.search)) consider(found, value);
    }

    void consider(const grouped_state& found, double value) {
        if (watch_.stopping()) throw interrupted("diagram");
        fixed_space& owner = fixed_space_of(regrouped(base_, found.on.model->cells()->groups()));
        owner.consider(found.x, value);
        take_from(owner);
        follow_all();
    }

    /// Stable states of few winners that come and go between two searches: where cells differ, the
    /// branches of one winner or of two may be closed curves.
    void scan(std::size_t winners) {
        const auto choices = few_winners(base_.model->cells()->groups(), winners);
        if (choices.empty()) return;
        const auto affordable = static_cast<std::size_t>(
            most_scanned / std::pow(static_cast<double>(base_.model->dimension()), 2));
        const std::size_t most = options_.scan_starts > 0 ? options_.scan_starts : affordable;
        const std::size_t values = std::min(options_.scans, most / choices.size());
        result_.search.not_tried += (options_.scans - values) * choices.size();
        for (std::size_t k = 0; k < values; ++k) {
            problem at = base_;
            const double share = (static_cast<double>(k) + 0.5) / static_cast<double>(values);
            const double value = std::lerp(range_.from, range_.to, share);
            at.set(range_.name, value);
            for (const auto& found : won_states(at, choices, result_.search, watch_))
                consider(found, value);
        }
    }

    /// Everything that leaves what was found, and what it leads to.
    void follow_all() {
        while (options_.split_groups && (!waiting_.empty() || !joints_.empty())) {
            if (waiting_.empty()) {
                const auto joint = std::move(joints_.front());
                joints_.pop_front();
                fixed_space& owner = fixed_space_of(joint.at.on);
                owner.consider(joint.at.x, joint.parameter);
                take_from(owner);
                continue;
            }
            const auto [owner, what] = std::move(waiting_.front());
            waiting_.pop_front();
            if (what.depth >= options_.depth)
                ++result_.search.too_deep;
            else if (result_.branches.size() < options_.max_branches)
                follow(*owner, what);
            else
                ++result_.search.not_followed;
        }
    }

    void take_from(fixed_space& owner) {
        for (auto& what : owner.take_splittings()) waiting_.emplace_back(&owner, std::move(what));
        for (auto& joint : owner.take_joints()) joints_.push_back(std::move(joint));
    }

    /// Every number of winners once; that of the others is its copy.
    void follow(fixed_space& owner, const splitting& what) {
        const grouping& coarse = owner.base().model->cells()->groups();
        const std::size_t size = coarse.groups[what.group].size();
        for (std::size_t winners = 1; 2 * winners <= size; ++winners) {
            part(owner, what, moebius::split(coarse, what.group, winners), {}, 2 * winners == size);
        }
        if (what.flat) follow_three(owner, what);
    }

    /// Where the quadratic term is zero, cells part into up to three groups whose rates v sum to
    /// zero: each v_j is a root of one cubic without its quadratic term. With sizes n and
    /// sum n_j v_j = 0, v = n x (1, 1, 1), and (1, 0, -1) if the sizes are equal.
    /// @source  Golubitsky & Stewart, The Symmetry Perspective, section 2.7 (S_N on R^(N - 1))
    void follow_three(fixed_space& owner, const splitting& what) {
        const grouping& coarse = owner.base().model->cells()->groups();
        const std::size_t size = coarse.groups[what.group].size();
        for (std::size_t a = 1; 3 * a <= size; ++a)
            for (std::size_t b = a; a + 2 * b <= size; ++b) {
                const std::size_t c = size - a - b;
                const auto two = moebius::split(coarse, what.group, a);
                const auto rate = [](std::size_t n, std::size_t m) {
                    return static_cast<double>(n) - static_cast<double>(m);
                };
                std::vector<double> along{rate(c, b), rate(a, c), rate(b, a)};
                if (b == c) along = {0, rate(c, a), rate(a, b)};  // of two alike the first wins
                if (a == c) along = {1, 0, -1};
                if (c - b == b - a && a != c) continue;  // the outer two go alike
                part(owner, what, moebius::split(two, what.group + 1, b), along, a == b || b == c);
            }
    }

    /// The null vector of the Jacobian on what differs within the group that splits: how the states
    /// of each cell part. Shape: (states of a cell), the first > 0.
    static std::vector<double> kernel_within(const cell_field& cells, const splitting& what) {
        const auto states = static_cast<Eigen::Index>(cells.cell_states());
        Eigen::MatrixXd block(states, states);
        cells.within(what.state, what.parameters, what.group, view(block));
        Eigen::VectorXd kernel = svd(block).v.rightCols(1);
        if (kernel[0] < 0) kernel = -kernel;
        return {kernel.begin(), kernel.end()};
    }

    /// One way, or two, for the groups that a group of the owner's splits into.
    void part(fixed_space& owner, const splitting& what, const grouping& finer,
              std::vector<double> along, bool one_way) {
        if (watch_.stopping()) throw interrupted("diagram");
        const cell_field& coarse = *owner.base().model->cells();
        const problem unsorted = regrouped(owner.base(), finer);
        std::vector<std::size_t> order;
        auto placed = standard_form(
            base_, finer, regrouped_state(coarse, *unsorted.model->cells(), what.state), &order);
        const std::size_t parts = along.empty() ? 2 : along.size();
        parting ways{what.label,
                     what.depth,
                     std::move(placed.x),
                     what.parameters[owner.base().index_of(range_.name)],
                     {},
                     std::move(along),
                     kernel_within(coarse, what),
                     one_way};
        for (std::size_t k = 0; k < parts; ++k)
            ways.groups.push_back(static_cast<std::size_t>(
                std::find(order.begin(), order.end(), what.group + k) - order.begin()));
        if (ways.groups[0] > ways.groups[1] && ways.along.empty())
            std::swap(ways.groups[0], ways.groups[1]);
        fixed_space& into = fixed_space_of(regrouped(base_, placed.on.model->cells()->groups()));
        into.leave(ways);
        take_from(into);
    }

    problem base_;
    parameter_range range_;
    continuation_options options_;
    const watch& watch_;
    diagram result_;
    std::list<fixed_space> fixed_spaces_;  // that do not move
    fixed_space& first_;
    std::deque<std::pair<fixed_space*, splitting>> waiting_;
    std::deque<fixed_space::joint> joints_;
};

}  // namespace

diagram equilibrium_diagram(const problem& base, const parameter_range& range,
                            const continuation_options& options,
                            const std::optional<special_point>& start, const watch& progress) {
    check_options(options);
    check_range(range);
    if (start) check_start(*base.model, *start, "diagram");
    problem from = base;
    if (start) from.parameters = start->parameters;
    const detail::unit_frame frame(from, {range}, options, start);
    return frame.filled([&] {
        diagram_follower follower(frame.on, range, frame.options, progress);
        return detail::filled("diagram", follower.result(), [&] {
            frame.start ? follower.through(*frame.start) : follower.everything();
        });
    });
}

}  // namespace moebius
