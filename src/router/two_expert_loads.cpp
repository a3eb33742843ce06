// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <moebius/router/load_response.hpp>
#include <utility>
#include <vector>

#include "mean_response.hpp"
#include "rows.hpp"

namespace moebius {
namespace {

struct better_of_two {
    noise_law noise;

    template <std::size_t Order>
    [[nodiscard]] std::vector<series<Order>> chances(std::vector<series<Order>> z) const {
        z[0] += -1.0 * z[1];
        auto f = gap_derivatives(noise, z[0].c[0]);
        for (double& derivative : f) derivative /= 2;
        f[0] = first_share(noise, z[0].c[0]);
        const auto first = compose(f, z[0]);
        z[1] = -1.0 * first;
        z[1].c[0] = first_share(noise, -z[0].c[0]);
        z[0] = first;
        return z;
    }
};

}  // namespace

std::shared_ptr<const load_response> two_expert_loads(std::vector<double> logits, noise_law noise) {
    check_tokens("two_expert_loads", logits, 2);
    if (noise == noise_law::none)
        throw invalid_argument("two_expert_loads", "the noise is none",
                               "a response with derivatives needs gumbel, logistic or gaussian "
                               "noise");
    const bool alike = all_zero(logits);
    response_text text{fmt::format("{}{}", alike ? "" : "token-", to_string(noise)),
                       alike ? "P(beta s_e + noise_e is largest)"
                             : "mean_t P(beta (l_te + s_e) + noise_e is largest)"};
    return mean_over_tokens(std::move(text), better_of_two{noise}, std::move(logits), 2, alike);
}

}  // namespace moebius
