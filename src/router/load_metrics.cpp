// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/router/load_metrics.hpp>
#include <vector>

namespace moebius {
namespace {

void check(std::span<const double> load, double dead_limit) {
    const auto reject = [](std::string_view got, std::string_view needed) {
        throw invalid_argument("measure_load", got, needed);
    };
    if (load.empty()) reject("no experts came", "at least one is needed");
    for (const double l : load) require("measure_load").not_negative("a load", l);
    if (!(dead_limit >= 0)) reject(fmt::format("dead_limit is {}", dead_limit), "it must be >= 0");
}

}  // namespace

load_metrics measure_load(std::span<const double> load, double dead_limit) {
    check(load, dead_limit);
    const auto n = static_cast<double>(load.size());
    load_metrics out;
    const double top = *std::max_element(load.begin(), load.end());
    if (top == 0) {
        out.dead = load.size();
        return out;
    }
    std::vector<double> share(load.begin(), load.end());
    double sum = 0;
    for (double& s : share) sum += s /= top;  // sums of huge counts stay finite
    for (double& s : share) s /= sum;
    std::sort(share.begin(), share.end());
    out.largest = share.back();

    double squares = 0, entropy = 0, ranked = 0;
    for (std::size_t i = 0; i < share.size(); ++i) {
        const double s = share[i];
        squares += (s - 1 / n) * (s - 1 / n);
        if (s > 0) entropy -= s * std::log(s);
        ranked += (2 * static_cast<double>(i) + 1 - n) * s;
        if (s <= dead_limit) ++out.dead;
    }
    out.variation = std::sqrt(n * squares);  // mean share 1/n
    if (share.size() > 1) out.entropy = entropy / std::log(n);
    out.gini = ranked / n;
    return out;
}

}  // namespace moebius
