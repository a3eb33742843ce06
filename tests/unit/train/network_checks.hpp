// SPDX-License-Identifier: MIT
// What the tests of all networks share: random examples, and a gradient held to differences.
#pragma once

#include <algorithm>
#include <catch.hpp>
#include <cmath>
#include <moebius/base/random.hpp>
#include <moebius/train/network.hpp>
#include <vector>

namespace network_checks {

using namespace moebius;

inline std::vector<double> normals(std::uint64_t seed, std::size_t n, double spread = 1) {
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i) {
        const auto w = random_words(seed, random_stream::made, 9, static_cast<std::uint32_t>(i));
        values[i] = spread * normal_pair(uniform(w[0], w[1]), uniform(w[2], w[3])).first;
    }
    return values;
}

struct example {
    std::vector<double> inputs;
    std::vector<std::uint32_t> labels;
    [[nodiscard]] example_batch batch() const { return {inputs, labels}; }
};

inline example examples(std::size_t rows, std::size_t width, std::size_t classes,
                        std::uint64_t seed) {
    example made{normals(seed, rows * width), {}};
    for (std::size_t i = 0; i < rows; ++i)
        made.labels.push_back(static_cast<std::uint32_t>((i * 7 + seed) % classes));
    return made;
}

/// The largest difference of a gradient from central differences, relative to its largest entry.
inline double gradient_error(const network& model, const example& data, std::uint64_t seed) {
    auto parameters = model.initial(seed);
    const auto scores = normals(seed + 1, model.scores(), 0.3);
    std::vector<double> gradient(parameters.size(), 99), ignored(parameters.size());
    const batch_key key{seed, 3};
    (void)model.learn(parameters, scores, data.batch(), key, gradient);
    double worst = 0, largest = 0;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const double at = parameters[i], h = 1e-5;
        const auto value = [&](double p) {
            parameters[i] = p;
            const auto pass = model.learn(parameters, scores, data.batch(), key, ignored);
            return pass.loss + pass.balance;
        };
        const double slope = (value(at + h) - value(at - h)) / (2 * h);
        parameters[i] = at;
        worst = std::max(worst, std::abs(slope - gradient[i]));
        largest = std::max(largest, std::abs(gradient[i]));
    }
    REQUIRE(largest > 1e-3);
    return worst / largest;
}

}  // namespace network_checks
