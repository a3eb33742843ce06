// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <moebius/base/checked_size.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/base/text.hpp>
#include <moebius/router/adaptive_clustering.hpp>
#include <moebius/tokens/gate.hpp>
#include <moebius/tokens/gate_file.hpp>
#include <numeric>
#include <set>
#include <span>
#include <string_view>
#include <tuple>

namespace moebius {
namespace {

constexpr std::string_view class_means_of = "class-means:", logits_gate = "logits";

/// Whether the last column is the token's class: where it is said to be, and where classes are
/// asked for.
bool has_labels(const gate_options& options) {
    return options.labels || options.gate.starts_with(class_means_of) || !options.classes.empty();
}

[[noreturn]] void reject(std::string_view got, std::string_view needed) {
    throw invalid_argument("gate", got, needed);
}

/// Loads hang on differences of logits.
void require_spread(std::size_t row, std::span<const double> logits) {
    const auto [least, most] = std::minmax_element(logits.begin(), logits.end());
    if (!std::isfinite(*most - *least))
        reject(fmt::format("the logits of row {} are {:g} to {:g}", row + 1, *least, *most),
               "their differences must be finite numbers");
}

/// The table seen as features and classes.
class labelled {
public:
    labelled(const token_table& table, bool labels) : table_(table), labels_(labels) {
        if (features() == 0) reject("the only column is a class", "a feature is needed");
    }

    bool has_labels() const { return labels_; }
    std::size_t rows() const { return table_.rows; }
    std::size_t features() const { return table_.columns - (labels_ ? 1 : 0); }
    std::span<const double> row(std::size_t r) const {
        return std::span(table_.values).subspan(r * table_.columns, features());
    }
    double label(std::size_t r) const { return table_.values[(r + 1) * table_.columns - 1]; }

    double largest() const {
        double top = 0;
        for (std::size_t r = 0; r < rows(); ++r)
            for (const double value : row(r)) top = std::max(top, std::abs(value));
        return top;
    }

    /// Rows of any of these classes, in order.
    std::vector<std::size_t> rows_of(std::span<const double> classes) const {
        std::vector<std::size_t> found;
        std::set<double> seen;  // of the classes that were asked for
        for (std::size_t r = 0; r < rows(); ++r)
            if (std::find(classes.begin(), classes.end(), label(r)) != classes.end()) {
                found.push_back(r);
                seen.insert(label(r));
            }
        for (const double c : classes) {
            if (!(std::abs(c) < 9007199254740992))  // 2^53
                reject(fmt::format("class {} was asked for", c),
                       "from 2^53 on whole numbers are not told apart");
            if (!seen.contains(c))
                reject(fmt::format("class {} was asked for", c),
                       fmt::format("the classes are {}", known_classes()));
        }
        return found;
    }

    std::vector<double> class_mean(double label) const {
        const auto members = rows_of({&label, 1});
        std::vector<double> mean(features());
        for (const std::size_t r : members)
            std::transform(mean.begin(), mean.end(), row(r).begin(), mean.begin(), std::plus<>{});
        for (double& value : mean) value /= static_cast<double>(members.size());
        return mean;
    }

private:
    /// The first of them, in order.
    std::string known_classes() const {
        constexpr std::size_t most = 32;
        std::set<double> known;
        for (std::size_t r = 0; r < rows() && known.size() <= most; ++r) known.insert(label(r));
        const bool all = known.size() <= most;
        if (!all) known.erase(std::prev(known.end()));
        return fmt::format("{}{}", fmt::join(known, ", "), all ? "" : ", ...");
    }

    const token_table& table_;
    bool labels_;
};

/// (features, experts), row-major.
struct matrix {
    std::size_t experts;
    std::vector<double> weights;
    std::vector<double> biases = {};  ///< (experts), or none
};

/// w of length `length`, which takes the scale of the features in.
std::vector<double> with_length(std::vector<double> w, double length) {
    const double norm = std::sqrt(std::inner_product(w.begin(), w.end(), w.begin(), 0.0));
    if (!(norm > 0)) reject("the two class means are equal", "a direction is needed");
    for (double& value : w) value *= length / norm;
    return w;
}

std::vector<double> class_means(const labelled& tokens, std::string_view text) {
    const auto comma = text.find(',');
    if (comma == std::string_view::npos)
        reject(fmt::format("'class-means:{}' came", text), "it must be class-means:A,B");
    auto difference = tokens.class_mean(parse_number("class-means", text.substr(0, comma)));
    const auto other = tokens.class_mean(parse_number("class-means", text.substr(comma + 1)));
    std::transform(difference.begin(), difference.end(), other.begin(), difference.begin(),
                   std::minus<>{});
    return difference;
}

/// Weights that are vectors, an expert each, less their mean, divided by the root mean square
/// distance of two of them: which for two experts is halves() of with_length.
matrix centred(const std::vector<std::vector<double>>& vectors, double length) {
    const std::size_t experts = vectors.size(), features = vectors.front().size();
    matrix gate{experts, std::vector<double>(features * experts)};
    double square = 0;  // sum over pairs of |a - b|^2 = experts x sum of |a - centre|^2
    for (std::size_t i = 0; i < features; ++i) {
        double centre = 0;
        for (const auto& one : vectors) centre += one[i] / static_cast<double>(experts);
        for (std::size_t e = 0; e < experts; ++e) {
            const double away = vectors[e][i] - centre;
            gate.weights[i * experts + e] = away;
            square += away * away;
        }
    }
    if (!(square > 0)) reject("all class means are equal", "a direction is needed");
    const double distance = std::sqrt(2 * square / static_cast<double>(experts - 1));
    for (double& weight : gate.weights) weight *= length / distance;
    return gate;
}

/// One expert a class, three or more.
matrix many_class_means(const labelled& tokens, std::string_view text, double length) {
    std::vector<std::vector<double>> means;
    while (true) {
        const auto comma = text.find(',');
        means.push_back(tokens.class_mean(parse_number("class-means", text.substr(0, comma))));
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    return centred(means, length);
}

/// The logits (a/2, -a/2) of a = w . features.
matrix halves(const std::vector<double>& w) {
    matrix gate{2, {}};
    for (const double value : w) gate.weights.insert(gate.weights.end(), {value / 2, -value / 2});
    return gate;
}

/// Of Gaussian weights.
std::vector<double> random_direction(std::size_t features, std::uint64_t seed,
                                     std::uint64_t expert) {
    std::vector<double> w(features);
    for (std::size_t i = 0; i < features; ++i) {
        const auto words =
            random_words(seed, random_stream::gate, expert, static_cast<std::uint32_t>(i));
        w[i] = normal_pair(uniform(words[0], words[1]), uniform(words[2], words[3])).first;
    }
    return w;
}

/// SEED, of two experts, or SEED/EXPERTS.
matrix random_gate(const labelled& tokens, std::string_view text, double length) {
    constexpr std::uint64_t most = 65536, most_weights = std::uint64_t{1} << 24;
    std::uint64_t seed = 0, experts = 2;
    const char* const last = text.data() + text.size();
    auto [end, failure] = std::from_chars(text.data(), last, seed);
    if (failure == std::errc{} && end != last && *end == '/') {
        const auto after = std::from_chars(end + 1, last, experts);
        end = after.ptr, failure = after.ec;
    }
    if (failure != std::errc{} || end != last || experts < 2 || experts > most)
        reject(fmt::format("'random:{}' came", text),
               fmt::format("it must be random:SEED or random:SEED/EXPERTS, whole numbers, with 2 "
                           "to {} experts",
                           most));
    if (experts == 2)
        return halves(with_length(random_direction(tokens.features(), seed, 0), length));
    if (checked_product("gate", {static_cast<std::size_t>(experts), tokens.features()}) >
        most_weights)
        reject(fmt::format("'random:{}' came for {} features", text, tokens.features()),
               "experts times features must be at most 2^24");
    std::vector<std::vector<double>> vectors;
    for (std::uint64_t e = 0; e < experts; ++e)
        vectors.push_back(random_direction(tokens.features(), seed, e));
    return centred(vectors, length);
}

matrix read_matrix(const gate_file& file, const labelled& tokens) {
    auto [experts, weights, biases] = read_gate(file, tokens.features(), tokens.has_labels());
    if (experts == 0) return halves(weights);
    return {experts, std::move(weights), std::move(biases)};
}

matrix make_gate(const labelled& tokens, const std::string& gate) {
    constexpr std::string_view random = "random:";
    const std::string_view text = gate;
    const double largest = tokens.largest();
    const double length = largest > 0 ? 1 / largest : 1;
    if (text.starts_with(class_means_of)) {
        const auto classes = text.substr(class_means_of.size());
        if (std::count(classes.begin(), classes.end(), ',') > 1)
            return many_class_means(tokens, classes, length);
        return halves(with_length(class_means(tokens, classes), length));
    }
    if (text.starts_with(random)) return random_gate(tokens, text.substr(random.size()), length);
    if (const auto file = gate_file_of(gate)) return read_matrix(*file, tokens);
    reject(
        fmt::format("'{}' came", gate),
        "class-means:A,B, random:SEED, logits or the path of an .npy, .npz or .safetensors file is "
        "needed");
}

/// The gate once more, on features that each token's cluster weighs.
/// @param plain  (kept, experts): logits without clusters
std::vector<double> clustered_logits(const labelled& table, std::span<const std::size_t> kept,
                                     const matrix& gate, std::span<const double> plain,
                                     const gate_options& options) {
    const std::size_t width = table.features(), experts = gate.experts;
    if (!gate.biases.empty()) reject("a gate with biases came for clusters", "they weigh features");
    const double largest = table.largest();
    const double unit = gate_file_of(options.gate) || !(largest > 0) ? 1 : largest;
    std::vector<double> features, embeddings(experts * width);
    for (const std::size_t r : kept)
        for (const double value : table.row(r)) features.push_back(value / unit);
    for (std::size_t i = 0; i < width; ++i)
        for (std::size_t e = 0; e < experts; ++e)
            embeddings[e * width + i] = gate.weights[i * experts + e] * unit;
    std::vector<std::uint32_t> clusters;
    for (std::size_t t = 0; t < kept.size(); ++t) {
        const auto row = plain.subspan(t * experts, experts);
        clusters.push_back(
            static_cast<std::uint32_t>(std::max_element(row.begin(), row.end()) - row.begin()));
    }
    const auto variant = clustering_from_name(options.clustering);
    const auto weights = dispersion_weights(features, width, clusters, experts, variant);
    const auto scales = token_scales(weights, width, clusters);
    return cluster_gate(features, scales, embeddings, width, variant).logits;
}

/// The features as they are, an expert each; the rows' places are kept as by apply_gate.
gated_tokens logits_of(token_table& tokens, const labelled& table, const gate_options& options) {
    const std::size_t experts = table.features();
    if (experts < 2)
        reject(fmt::format("{} came for a table of one column", logits_gate),
               "each expert needs a column of logits");
    if (!options.clustering.empty())
        reject(fmt::format("{} came for clusters", logits_gate), "they weigh features");
    const bool all = options.classes.empty();
    const auto kept = all ? std::vector<std::size_t>{} : table.rows_of(options.classes);
    const std::size_t count = all ? table.rows() : kept.size();
    for (std::size_t k = 0; k < count; ++k) {
        const auto row = table.row(all ? k : kept[k]);
        require_spread(all ? k : kept[k], row);
        std::copy(row.begin(), row.end(),
                  tokens.values.begin() + static_cast<std::ptrdiff_t>(k * experts));
    }
    tokens.values.resize(count * experts);
    return {experts, std::move(tokens.values)};
}

}  // namespace

gated_tokens apply_gate(token_table tokens, const gate_options& options) {
    const labelled table(tokens, has_labels(options));
    if (options.gate == logits_gate) return logits_of(tokens, table, options);
    const auto gate = make_gate(table, options.gate);
    const std::size_t experts = gate.experts;
    const bool all = options.classes.empty();
    std::vector<std::size_t> kept;
    if (!all) kept = table.rows_of(options.classes);
    const std::size_t count = all ? table.rows() : kept.size();

    // A row's logits take the place of rows that were read, if they are no longer than these.
    const bool in_place = experts <= tokens.columns && options.clustering.empty();
    std::vector<double> apart(in_place ? 0 : checked_product("gate", {count, experts}));
    std::vector<double>& logits = in_place ? tokens.values : apart;
    std::vector<double> row(experts);
    for (std::size_t k = 0; k < count; ++k) {
        const auto features = table.row(all ? k : kept[k]);
        row = gate.biases;
        row.resize(experts);
        for (std::size_t i = 0; i < features.size(); ++i)
            for (std::size_t e = 0; e < experts; ++e)
                row[e] += features[i] * gate.weights[i * experts + e];
        require_spread(all ? k : kept[k], row);
        std::copy(row.begin(), row.end(),
                  logits.begin() + static_cast<std::ptrdiff_t>(k * experts));
    }
    if (!options.clustering.empty()) {
        if (all) kept.resize(count);
        if (all) std::iota(kept.begin(), kept.end(), std::size_t{0});
        return {experts, clustered_logits(table, kept, gate, logits, options)};
    }
    logits.resize(count * experts);
    return {experts, std::move(logits)};
}

}  // namespace moebius
