// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <charconv>
#include <complex>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/bifurcation/critical_group.hpp>
#include <moebius/bifurcation/cycle_types.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/continuation/check_start.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/solve/dense.hpp>
#include <numbers>

#include "eigenpair.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXcd;
using Eigen::MatrixXd;
using Eigen::VectorXcd;

/// Parts of a group of equal cells: `turning` of `size` each, the rest together behind them.
struct partition_of_group {
    std::size_t turning, size;
};

/// By rising number of groups, but one cell apart first.
std::vector<partition_of_group> partitions(std::size_t cells) {
    std::vector<partition_of_group> all;
    for (std::size_t size = 1; 2 * size < cells; ++size) all.push_back({1, size});
    for (std::size_t turning = 2; turning <= cells; ++turning)
        for (std::size_t size = 1; size * turning <= cells; ++size) all.push_back({turning, size});
    return all;
}

cycle_type made(const parting_cells& from, const special_point& hopf,
                const partition_of_group& parts) {
    const grouping& coarse = from.at.model->cells()->groups();
    grouping fine = coarse;
    const std::size_t last = *from.group + parts.turning;
    for (std::size_t g = *from.group; g < last; ++g)
        if (fine.groups[g].size() > parts.size) fine = split(fine, g, parts.size);
    cycle_type type{from.at, hopf, copies(coarse, fine), parts.turning, parts.size};
    type.on = on_groups(from.at, fine, type.start);
    if (parts.turning > 1) type.start.turn = turning(*from.group, parts.turning, fine.size());
    type.copies /= static_cast<double>(parts.turning);  // by which group comes first
    return type;
}

/// What a Jacobian does on vectors of P v = exp(2 pi i/k) v, by the states of the first group in
/// turn. Shape (k states of a cell, the same)
MatrixXcd on_first_group(const MatrixXd& fx, const std::vector<std::size_t>& cycle,
                         std::size_t groups) {
    const auto kinds = fx.rows() / static_cast<Index>(groups);
    const auto place = [&](Index kind, std::size_t g) {
        return kind * static_cast<Index>(groups) + static_cast<Index>(g);
    };
    MatrixXcd result = MatrixXcd::Zero(kinds, kinds);
    for (std::size_t k = 0; k < cycle.size(); ++k) {
        const auto phase = std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k) /
                                               static_cast<double>(cycle.size()));
        for (Index a = 0; a < kinds; ++a)
            for (Index b = 0; b < kinds; ++b)
                result(a, b) += phase * fx(place(a, cycle.front()), place(b, cycle[k]));
    }
    return result;
}

}  // namespace

std::vector<cycle_type> cycle_types(const problem& base, const special_point& hopf) {
    const auto from = parting_at(base, hopf);
    if (!from.group) return {{from.at, hopf}};
    std::vector<cycle_type> types;
    for (const auto& parts :
         partitions(from.at.model->cells()->groups().groups[*from.group].size()))
        types.push_back(made(from, hopf, parts));
    return types;
}

cycle_choice cycle_choice_from(std::string_view text) {
    if (text.empty() || text == "main") return {};
    if (text == "all") return {cycle_choice::all};
    cycle_choice choice{cycle_choice::one};
    const char* const end = text.data() + text.size();
    const auto [by, first] = std::from_chars(text.data(), end, choice.turning);
    if (first == std::errc{} && by != end && *by == 'x' && choice.turning > 0) {
        const auto [last, second] = std::from_chars(by + 1, end, choice.size);
        if (second == std::errc{} && last == end && choice.size > 0) return choice;
    }
    throw invalid_argument("cycles", fmt::format("'{}' came", excerpt(text)),
                           "main, all, or GROUPSxSIZE is needed, as in 4x2 for four groups of two "
                           "in turn, or 1x3 for three experts apart");
}

void add_hopf_cycles(diagram& to, const problem& base, const parameter_range& range,
                     const special_point& hopf, const cycle_choice& wanted,
                     const continuation_options& options, const watch& progress) {
    auto types = cycle_types(base, hopf);
    const std::size_t cells = types.front().size == 0 ? 0 : types.back().turning;
    std::erase_if(types, [&](const cycle_type& type) {
        if (wanted.of == cycle_choice::one)
            return type.turning != wanted.turning || type.size != wanted.size;
        const bool all_in_turn = type.turning == cells && cells <= cycle_choice::most_in_turn;
        return wanted.of == cycle_choice::main && &type != &types.front() && !all_in_turn;
    });
    if (types.empty())
        throw invalid_argument("cycles", fmt::format("{}x{} came", wanted.turning, wanted.size),
                               cells == 0
                                   ? fmt::format("cycles of one kind leave {}", hopf.label)
                                   : fmt::format("{} alike cells part at {}", cells, hopf.label));
    for (const auto& type : types) {
        if (to.branches.size() >= options.max_branches) {
            ++to.search.not_followed;
            continue;
        }
        add_cycle_branch(to, type.on, range, type.start, options, progress);
        to.branches.back().copies = type.copies;
    }
}

VectorXcd rotating_vector(const problem& at, const special_point& hopf) {
    check_start(*at.model, hopf, "rotating_vector");
    const auto omega = coefficient_of(hopf, "omega");
    const auto cycles = cycles_of(hopf.turn);
    if (!omega || cycles.size() != 1)
        throw invalid_argument("rotating_vector", fmt::format("{} came", hopf.label),
                               "a Hopf point with omega and one cycle of groups is needed");
    const std::size_t groups = hopf.turn.next.size();
    const MatrixXd fx = detail::jacobian_at(*at.model, hopf.state, hopf.parameters);
    MatrixXcd shifted = on_first_group(fx, cycles[0], groups);
    const Index kinds = shifted.rows();
    shifted -= detail::i_unit * *omega * MatrixXcd::Identity(kinds, kinds);
    const VectorXcd own = svd(shifted).v.rightCols(1);
    VectorXcd q = VectorXcd::Zero(fx.rows());
    for (std::size_t k = 0; k < cycles[0].size(); ++k) {
        const auto phase = std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k) /
                                               static_cast<double>(cycles[0].size()));
        for (Index kind = 0; kind < kinds; ++kind)
            q[kind * static_cast<Index>(groups) + static_cast<Index>(cycles[0][k])] =
                phase * own[kind];
    }
    return q.normalized();
}

}  // namespace moebius
