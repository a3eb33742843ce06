// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/router/probmoe.hpp>
#include <moebius/router/registry.hpp>
#include <moebius/router/selective_sinkhorn.hpp>
#include <moebius/router/soft_moe_router.hpp>
#include <moebius/router/top_k.hpp>

namespace moebius {
namespace {

constexpr router_option gate{"gate", "softmax or sigmoid", "softmax"};
constexpr router_option renormalise{"renormalise", "yes: a token's weights sum to 1", "no"};
constexpr router_option slopes{"slopes", "of the marginals: covariance or published", "covariance"};
constexpr router_option estimator{
    "estimator", "choice and gradient: sample-marginal, sample-dense, sample-gates, top-k-marginal",
    "sample-marginal"};
constexpr router_option experts_of_token{"k", "experts of a token", "2"};

constexpr std::array top_1_options{gate, renormalise};
constexpr std::array top_k_list{experts_of_token, gate, renormalise};
constexpr std::array exact_options{experts_of_token, slopes, renormalise, estimator};
constexpr std::array dynamic_options{router_option{"k_min", "fewest experts of a token", "1"},
                                     router_option{"k_max", "most experts of a token", "2"}, slopes,
                                     renormalise, estimator};
constexpr std::array clustering_list{
    router_option{"k", "experts of a token", "1"},
    router_option{"variant", "language, swin or soft-moe", "language"}, gate, renormalise};
constexpr std::array sinkhorn_list{
    router_option{"k", "experts of a token", "1"},
    router_option{"frequency", "share of batches that are balanced", "0.001"},
    router_option{"xi", "entropy weight of the plan", "1"},
    router_option{"tolerance", "of the plan's loads, in tokens", "0.0001"},
    router_option{"iterations", "at most, of the scaling", "100"},
    router_option{"cost", "linear or softmax", "linear"},
    router_option{"noise_scale", "of the normal noise on the cost", "0.1"},
    router_option{"gradient", "through the plan: detached or implicit", "detached"}};

/// The settings of one router, read by name.
class reader {
public:
    reader(const router_info& info, const router_settings& settings)
        : info_(info), settings_(settings) {
        std::vector<std::string_view> names;
        for (const auto& option : info.options) names.push_back(option.name);
        for (const auto& [name, value] : settings)
            if (std::find(names.begin(), names.end(), name) == names.end())
                throw invalid_argument(
                    info.name, fmt::format("'{}' came", name),
                    names.empty() ? "it has no options"
                                  : fmt::format("its options are {}", fmt::join(names, ", ")));
    }

    [[nodiscard]] std::string_view text(std::string_view name) const {
        for (const auto& [key, value] : settings_)
            if (key == name) return value;
        for (const auto& option : info_.options)
            if (option.name == name) return option.value;
        throw invalid_argument(info_.name, fmt::format("'{}' came", name), "it has no such option");
    }

    [[nodiscard]] double number(std::string_view name) const {
        return parse_number(fmt::format("{}: {}", info_.name, name), text(name));
    }

    [[nodiscard]] std::size_t count(std::string_view name) const {
        const double value = number(name);
        if (!(value >= 0 && value <= 1e9 && value == std::floor(value)))
            throw invalid_argument(info_.name, fmt::format("{} is {}", name, text(name)),
                                   "it must be a whole number >= 0");
        return static_cast<std::size_t>(value);
    }

    /// The position of a word among the accepted ones.
    [[nodiscard]] std::size_t choice(std::string_view name,
                                     std::initializer_list<std::string_view> words) const {
        const auto word = text(name);
        const auto found = std::find(words.begin(), words.end(), word);
        if (found == words.end())
            throw invalid_argument(info_.name, fmt::format("{} is '{}'", name, word),
                                   fmt::format("it must be {}", fmt::join(words, " or ")));
        return static_cast<std::size_t>(found - words.begin());
    }

    [[nodiscard]] bool flag(std::string_view name) const {
        return choice(name, {"no", "yes"}) == 1;
    }

private:
    const router_info& info_;
    const router_settings& settings_;
};

std::shared_ptr<const router> make_top_k(const reader& in, double beta, noise_law noise,
                                         std::size_t k) {
    top_k_options options;
    options.beta = beta;
    options.noise = noise;
    options.k = k;
    options.gate =
        in.choice("gate", {"softmax", "sigmoid"}) == 0 ? gate_kind::softmax : gate_kind::sigmoid;
    options.renormalise = in.flag("renormalise");
    return top_k(options);
}

std::shared_ptr<const router> make_probmoe(const reader& in, double beta, std::size_t k_min,
                                           std::size_t k_max) {
    probmoe_options options;
    options.beta = beta;
    options.k_min = k_min;
    options.k_max = k_max;
    options.slopes = in.choice("slopes", {"covariance", "published"}) == 0
                         ? subset_slopes::covariance
                         : subset_slopes::published;
    options.renormalise = in.flag("renormalise");
    using enum subset_estimator;
    constexpr std::array estimators{sample_marginal, sample_dense, sample_gates, top_k_marginal};
    options.estimator =
        estimators[in.choice("estimator", {to_string(sample_marginal), to_string(sample_dense),
                                           to_string(sample_gates), to_string(top_k_marginal)})];
    return probmoe(options);
}

std::shared_ptr<const router> make_sinkhorn(const reader& in, double beta, noise_law noise) {
    selective_sinkhorn_options options;
    options.beta = beta;
    options.noise = noise;
    options.k = in.count("k");
    options.frequency = in.number("frequency");
    options.scaling.xi = in.number("xi");
    options.scaling.tolerance = in.number("tolerance");
    options.scaling.max_iterations = static_cast<int>(in.count("iterations"));
    options.cost = in.choice("cost", {"linear", "softmax"}) == 0 ? sinkhorn_cost::linear
                                                                 : sinkhorn_cost::softmax;
    options.noise_scale = in.number("noise_scale");
    options.gradient = in.choice("gradient", {"detached", "implicit"}) == 0
                           ? plan_gradient::detached
                           : plan_gradient::implicit;
    return selective_sinkhorn(options);
}

/// A shipped router: how a user finds it, and how it is made.
struct entry {
    router_info info;
    std::shared_ptr<const router> (*make)(const reader& in, double beta, noise_law noise);
};

std::shared_ptr<const router> make_top_1(const reader& in, double beta, noise_law noise) {
    return make_top_k(in, beta, noise, 1);
}

std::shared_ptr<const router> make_chosen_k(const reader& in, double beta, noise_law noise) {
    return make_top_k(in, beta, noise, in.count("k"));
}

std::shared_ptr<const router> make_clustering(const reader& in, double beta, noise_law noise) {
    (void)in.choice("variant", {"language", "swin", "soft-moe"});
    return make_chosen_k(in, beta, noise);
}

std::shared_ptr<const router> make_exact_k(const reader& in, double beta, noise_law) {
    return make_probmoe(in, beta, in.count("k"), in.count("k"));
}

std::shared_ptr<const router> make_dynamic_k(const reader& in, double beta, noise_law) {
    return make_probmoe(in, beta, in.count("k_min"), in.count("k_max"));
}

std::shared_ptr<const router> make_soft_moe(const reader&, double beta, noise_law) {
    return soft_moe_router({beta});
}

constexpr std::array entries{
    entry{
        {"top-1", "the expert with the largest beta (logit + score) + noise", top_1_options, true},
        make_top_1},
    entry{
        {"top-k", "the k experts with the largest beta (logit + score) + noise", top_k_list, true},
        make_chosen_k},
    entry{{"probmoe-exact-k", "a random set S of k experts, P(S) ~ exp(sum of z over S)",
           exact_options},
          make_exact_k},
    entry{{"probmoe-dynamic-k", "the same with k_min to k_max experts", dynamic_options},
          make_dynamic_k},
    entry{{"adaptive-clustering",
           "top-k in a space where each token's cluster weighs the features in which it is tight",
           clustering_list, true, "variant"},
          make_clustering},
    entry{{"soft-moe", "all experts, with the weights softmax(z)", {}}, make_soft_moe},
    entry{{"selective-sinkhorn",
           "top-k, but in a few batches top-k of a transport plan that balances the experts",
           sinkhorn_list, true},
          make_sinkhorn}};

constexpr auto known = [] {
    std::array<router_info, entries.size()> infos;
    for (std::size_t i = 0; i < infos.size(); ++i) infos[i] = entries[i].info;
    return infos;
}();

const entry& find_entry(std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto& one : entries) {
        if (one.info.name == name) return one;
        names.push_back(one.info.name);
    }
    throw invalid_argument("router", fmt::format("'{}' is unknown", name),
                           fmt::format("a shipped router is needed{}", did_you_mean(name, names)));
}

}  // namespace

std::span<const router_info> known_routers() noexcept { return known; }

const router_info& find_router(std::string_view name) { return find_entry(name).info; }

std::shared_ptr<const router> make_router(std::string_view name, double beta, noise_law noise,
                                          const router_settings& settings) {
    const auto& [info, make] = find_entry(name);
    return make(reader(info, settings), beta, noise);
}

std::string setting_of(std::string_view router, std::string_view option,
                       const router_settings& settings) {
    return std::string(reader(find_router(router), settings).text(option));
}

}  // namespace moebius
