// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/tokens/labelled_data.hpp>
#include <numeric>

namespace moebius {
namespace {

/// Normal numbers of one purpose, one after another: the stream `made`, step = the purpose.
class normals {
public:
    normals(std::uint64_t seed, std::uint64_t purpose) : seed_(seed), purpose_(purpose) {}

    double next() {
        if (count_ % 2 == 0) {
            const auto w = random_words(seed_, random_stream::made, purpose_,
                                        static_cast<std::uint32_t>(count_ / 2));
            pair_ = normal_pair(uniform(w[0], w[1]), uniform(w[2], w[3]));
        }
        return count_++ % 2 == 0 ? pair_.first : pair_.second;
    }

    std::vector<double> take(std::size_t n, double spread = 1) {
        std::vector<double> values(n);
        for (double& value : values) value = spread * next();
        return values;
    }

private:
    std::uint64_t seed_, purpose_, count_ = 0;
    std::pair<double, double> pair_;
};

enum purpose : std::uint64_t { of_structure = 0, of_inputs = 1 };

void need(std::string_view who, std::string_view name, std::size_t value, std::size_t least = 1) {
    if (value < least)
        throw invalid_argument(who, fmt::format("{} is {}", name, value),
                               fmt::format("it must be >= {}", least));
}

std::size_t largest(std::span<const double> values) {
    return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) -
                                    values.begin());
}

/// values (in) times weights (in, out), row-major.
std::vector<double> times(std::span<const double> values, std::span<const double> weights) {
    const std::size_t outputs = weights.size() / values.size();
    std::vector<double> result(outputs);
    for (std::size_t i = 0; i < values.size(); ++i)
        for (std::size_t o = 0; o < outputs; ++o) result[o] += values[i] * weights[i * outputs + o];
    return result;
}

void check(const cluster_options& options) {
    constexpr std::string_view who = "gaussian_mixture";
    need(who, "clusters", options.clusters);
    need(who, "width", options.width);
    need(who, "rows", options.rows);
    if (options.tight_features > options.width)
        throw invalid_argument(who, fmt::format("{} tight features came", options.tight_features),
                               fmt::format("there are {}", options.width));
    for (const double positive : {options.distance, options.spread, options.tightness})
        if (!(positive > 0 && std::isfinite(positive)))
            throw invalid_argument(who, fmt::format("{} came", positive),
                                   "distance, spread and tightness must be > 0 and finite");
}

}  // namespace

labelled_data gaussian_mixture(const cluster_options& options) {
    check(options);
    const std::size_t width = options.width;
    // Means of length distance/sqrt(2) in random directions are `distance` apart, roughly.
    std::vector<std::vector<double>> means, spreads;
    normals structure(options.seed, of_structure);
    for (std::size_t k = 0; k < options.clusters; ++k) {
        auto mean = structure.take(width);
        const double norm =
            std::sqrt(std::inner_product(mean.begin(), mean.end(), mean.begin(), 0.0));
        for (double& value : mean)
            value *= options.distance * options.spread / (norm * std::sqrt(2));
        means.push_back(std::move(mean));
        std::vector<double> order = structure.take(width), spread(width, options.spread);
        std::vector<std::size_t> features(width);
        std::iota(features.begin(), features.end(), std::size_t{0});
        std::sort(features.begin(), features.end(),
                  [&](std::size_t a, std::size_t b) { return order[a] < order[b]; });
        for (std::size_t i = 0; i < options.tight_features; ++i)
            spread[features[i]] *= options.tightness;
        spreads.push_back(std::move(spread));
    }
    labelled_data data{width, options.clusters, {}, {}};
    normals inputs(options.seed, of_inputs);
    for (std::size_t r = 0; r < options.rows; ++r) {
        const std::size_t k = r % options.clusters;
        for (std::size_t i = 0; i < width; ++i)
            data.inputs.push_back(means[k][i] + spreads[k][i] * inputs.next());
        data.labels.push_back(static_cast<std::uint32_t>(k));
    }
    data.groups = data.labels;
    return data;
}

labelled_data teacher_network(const teacher_options& options) {
    constexpr std::string_view who = "teacher_network";
    need(who, "experts", options.experts);
    need(who, "width", options.width);
    need(who, "hidden", options.hidden);
    need(who, "classes", options.classes, 2);
    need(who, "rows", options.rows);
    normals structure(options.seed, of_structure), features(options.seed, of_inputs);
    const auto gate = structure.take(options.width * options.experts);
    std::vector<std::vector<double>> into, out;
    const double gain = 2 / std::sqrt(static_cast<double>(options.width));
    for (std::size_t e = 0; e < options.experts; ++e) {
        into.push_back(structure.take(options.width * options.hidden, gain));
        out.push_back(structure.take(options.hidden * options.classes));
    }
    labelled_data data{options.width, options.classes, {}, {}};
    for (std::size_t r = 0; r < options.rows; ++r) {
        const auto x = features.take(options.width);
        const std::size_t group = largest(times(x, gate));
        auto hidden = times(x, into[group]);
        for (double& value : hidden) value = std::tanh(value);
        data.inputs.insert(data.inputs.end(), x.begin(), x.end());
        data.groups.push_back(static_cast<std::uint32_t>(group));
        data.labels.push_back(static_cast<std::uint32_t>(largest(times(hidden, out[group]))));
    }
    return data;
}

}  // namespace moebius
