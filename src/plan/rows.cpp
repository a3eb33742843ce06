// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/io/csv.hpp>
#include <moebius/plan/rows.hpp>
#include <numeric>
#include <set>

namespace moebius {
namespace {

/// In the order of points, each once.
void sort_rows(plan_rows& rows, std::size_t kept, const std::string& folder) {
    if (std::is_sorted(rows.index.begin(), rows.index.end(), std::less_equal<>())) return;
    std::vector<std::size_t> order(rows.index.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](auto a, auto b) { return rows.index[a] < rows.index[b]; });
    std::vector<std::uint64_t> index;
    std::vector<double> values;
    index.reserve(order.size());
    values.reserve(rows.values.size());
    for (const auto row : order) {
        const auto* from = rows.values.data() + row * kept;
        if (index.empty() || index.back() != rows.index[row]) {
            index.push_back(rows.index[row]);
            values.insert(values.end(), from, from + kept);
        } else if (std::memcmp(&*(values.end() - static_cast<std::ptrdiff_t>(kept)), from,
                               kept * sizeof(double)) != 0) {
            throw io_error(folder, fmt::format("two journals have different values of point {}: "
                                               "they are of different programs",
                                               index.back()));
        }
    }
    rows.index = std::move(index);
    rows.values = std::move(values);
}

}  // namespace

std::span<const double> plan_rows::at(std::uint64_t wanted) const {
    const auto found = std::lower_bound(index.begin(), index.end(), wanted);
    if (found == index.end() || *found != wanted) return {};
    const std::size_t kept = values.size() / index.size();
    return {values.data() + static_cast<std::size_t>(found - index.begin()) * kept, kept};
}

plan_rows read_rows(const std::filesystem::path& folder, const sweep_plan& plan,
                    journal_heading same) {
    plan_rows out;
    std::set<std::string> hosts;
    for (const auto& path : journals_in(folder)) {
        const auto heading =
            read_journal(path, plan, same, [&](auto index, auto values, auto failure) {
                if (!failure.empty()) {
                    out.failed.insert_or_assign(index, std::string(failure));  // the last one
                    return;
                }
                out.index.push_back(index);
                out.values.insert(out.values.end(), values.begin(), values.end());
            });
        if (heading.version.empty()) continue;  // of a process that has just begun
        out.version = same.version = heading.version;
        if (same.build.empty()) out.build = same.build = heading.build;
        if (same.inputs.empty()) out.inputs = same.inputs = heading.inputs;
        hosts.insert(heading.host);
    }
    sort_rows(out, plan.keep.size(), folder.string());
    std::erase_if(out.failed, [&](const auto& one) { return !out.at(one.first).empty(); });
    out.hosts.assign(hosts.begin(), hosts.end());
    return out;
}

sweep_plan plan_of_journals(const std::filesystem::path& folder) {
    const auto journals = journals_in(folder);
    if (journals.empty()) throw io_error(folder.string(), "there is no journal in this folder");
    for (const auto& path : journals)
        if (const auto text = plan_text_of(path)) return parse_plan(*text, path.string());
    throw io_error(folder.string(), "its journals have just been begun, and have nothing yet");
}

bool is_listed(const sweep_plan& plan) noexcept {
    return plan.layout != plan_layout::grid || plan.refined.halvings > 0;
}

double grid_bytes(const sweep_plan& plan) noexcept {
    if (is_listed(plan)) return 0;
    const double a_point =
        sizeof(double) * static_cast<double>(plan.keep.size()) + 1;  // and status
    return a_point * static_cast<double>(plan.points());
}

table table_of(const sweep_plan& plan, const plan_rows& rows) {
    table out;
    const bool numbered = is_listed(plan);
    if (numbered) out.names.emplace_back("point");
    for (const auto& axis : plan.axes) out.names.push_back(axis.name);
    if (!plan.seeds.empty()) out.names.emplace_back("seed");
    for (const auto& one : plan.keep) out.names.push_back(one.name);
    out.names.emplace_back("status");
    out.columns.resize(out.names.size());
    for (auto& column : out.columns) column.reserve(rows.index.size() + rows.failed.size());
    const auto add = [&](std::uint64_t index, std::span<const double> values) {
        std::size_t c = 0;
        const auto point = plan.point(index);
        if (numbered) out.columns[c++].push_back(static_cast<double>(index));
        for (const double at : point.at) out.columns[c++].push_back(at);
        if (point.seed) out.columns[c++].push_back(static_cast<double>(*point.seed));
        for (std::size_t k = 0; k < plan.keep.size(); ++k)
            out.columns[c++].push_back(values.empty() ? std::numeric_limits<double>::quiet_NaN()
                                                      : values[k]);
        out.columns[c].push_back(values.empty() ? 2 : 1);
    };
    auto failed = rows.failed.begin();
    for (std::size_t row = 0; row < rows.index.size(); ++row) {
        for (; failed != rows.failed.end() && failed->first < rows.index[row]; ++failed)
            add(failed->first, {});
        add(rows.index[row],
            std::span(rows.values).subspan(row * plan.keep.size(), plan.keep.size()));
    }
    for (; failed != rows.failed.end(); ++failed) add(failed->first, {});
    return out;
}

std::string to_csv(const sweep_plan& plan, const plan_rows& rows) {
    const auto all = table_of(plan, rows);
    auto failed = rows.failed.begin();  // in the order of points, as the rows
    return to_csv(all, "failure", [&, &status = all.columns.back()](std::size_t row) {
        return status[row] == 2 ? std::string_view((failed++)->second) : std::string_view();
    });
}

}  // namespace moebius
