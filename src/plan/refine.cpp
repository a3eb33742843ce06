// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/plan/rows.hpp>

namespace moebius {
namespace {

/// The points that are known, on the finest grid: (row, column) of the two axes.
class known_grid {
public:
    known_grid(const sweep_plan& plan, const plan_rows& rows)
        : rows_(rows), how_(plan.refined), columns_(plan.axis_size(1)) {}

    [[nodiscard]] std::uint64_t index(std::size_t row, std::size_t column) const {
        return static_cast<std::uint64_t>(row) * columns_ + column;
    }

    [[nodiscard]] bool has(std::uint64_t index) const {
        return !rows_.at(index).empty() || rows_.failed.contains(index);
    }

    /// A point that failed has no values, and differs from those that have.
    [[nodiscard]] bool differ(std::uint64_t a, std::uint64_t b) const {
        const auto of_a = rows_.at(a), of_b = rows_.at(b);
        if (of_a.empty() || of_b.empty()) return of_a.empty() != of_b.empty();
        const double x = of_a[how_.of], y = of_b[how_.of];
        if (std::isnan(x) || std::isnan(y)) return std::isnan(x) != std::isnan(y);
        if (how_.level) return (x < *how_.level) != (y < *how_.level);
        return x != y && !(std::abs(x - y) <= how_.by);  // equal infinities do not differ
    }

    /// Whether known points differ along an edge; its middle is one where the cell beside it was
    /// cut into quarters.
    [[nodiscard]] bool changes(std::array<std::size_t, 2> from,
                               std::array<std::size_t, 2> to) const {
        const auto a = index(from[0], from[1]), b = index(to[0], to[1]);
        if (differ(a, b)) return true;
        const std::array<std::size_t, 2> middle{(from[0] + to[0]) / 2, (from[1] + to[1]) / 2};
        if (middle == from || middle == to || !has(index(middle[0], middle[1]))) return false;
        return changes(from, middle) || changes(middle, to);
    }

private:
    const plan_rows& rows_;
    plan_refinement how_;
    std::size_t columns_;
};

/// Walks a cell and the quarters that it was cut into, and notes the points that are wanted. Where
/// a cut was interrupted its own points come first: quarters are judged by corners that are all
/// known, so that the points of a sweep do not hang on where it was interrupted.
void visit_cell(const known_grid& known, std::array<std::size_t, 2> corner, std::size_t side,
                std::vector<std::uint64_t>& wanted) {
    if (side < 2) return;
    const auto [row, column] = corner;
    const std::size_t half = side / 2;
    bool cut = known.has(known.index(row + half, column + half));  // no other cell has that point
    const std::array<std::size_t, 2> corners[] = {
        {row, column}, {row, column + side}, {row + side, column + side}, {row + side, column}};
    for (std::size_t i = 0; i < 4 && !cut; ++i)
        cut = known.changes(corners[i], corners[(i + 1) % 4]);
    if (!cut) return;
    const std::size_t before = wanted.size();
    for (std::size_t down = 0; down <= side; down += half)
        for (std::size_t right = 0; right <= side; right += half)
            if (const auto at = known.index(row + down, column + right); !known.has(at))
                wanted.push_back(at);
    if (wanted.size() > before) return;
    for (const std::size_t down : {std::size_t{0}, half})
        for (const std::size_t right : {std::size_t{0}, half})
            visit_cell(known, {row + down, column + right}, half, wanted);
}

}  // namespace

std::vector<std::uint64_t> wanted_points(const sweep_plan& plan, const plan_rows& rows) {
    const known_grid known(plan, rows);
    const std::size_t side = std::size_t{1} << plan.refined.halvings;
    const std::size_t rows_of = plan.axis_size(0), columns = plan.axis_size(1);
    std::vector<std::uint64_t> wanted;
    for (std::size_t row = 0; row < rows_of; row += side)
        for (std::size_t column = 0; column < columns; column += side)
            if (const auto at = known.index(row, column); !known.has(at)) wanted.push_back(at);
    if (!wanted.empty()) return wanted;
    for (std::size_t row = 0; row + side < rows_of; row += side)
        for (std::size_t column = 0; column + side < columns; column += side)
            visit_cell(known, {row, column}, side, wanted);
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    return wanted;
}

}  // namespace moebius
