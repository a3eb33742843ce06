// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <moebius/backend/backend.hpp>
#include <moebius/base/random.hpp>

#include "../catch.hpp"

using namespace moebius;

namespace {

gated_batch random_batch(std::size_t tokens, std::size_t experts, std::size_t width, bool bf16) {
    gated_batch batch{experts, width, {}, {}, bf16};
    std::uint32_t next = 0;
    const auto normals = [&](std::size_t count, double spread) {
        std::vector<float> out(count);
        for (auto& x : out) {
            const auto w = random_words(11, random_stream::gate, 0, next++);
            x = static_cast<float>(spread * normal_pair(uniform(w[0]), uniform(w[1])).first);
        }
        return out;
    };
    batch.tokens = normals(tokens * width, 1);
    batch.gate = normals(experts * width, 1 / std::sqrt(static_cast<double>(width)));
    if (tokens > 7) batch.tokens[7 * width] = std::numeric_limits<float>::quiet_NaN();
    return batch;
}

void check_alike(const gated_batch& batch, const route_step_options& options) {
    std::vector<double> scores(batch.experts);
    for (std::size_t e = 0; e < scores.size(); ++e) scores[e] = 0.125 * static_cast<double>(e % 3);
    const auto cpu = make_backend("cpu")->route(batch, scores, options);
    const auto cuda = make_backend("cuda")->route(batch, scores, options);

    REQUIRE(cpu.choices.size() == cuda.choices.size());
    std::size_t other = 0;
    for (std::size_t i = 0; i < cpu.choices.size(); ++i) other += cpu.choices[i] != cuda.choices[i];
    CHECK(other <= (batch.bf16 ? 2 * cpu.near_ties : 0));  // fp32 is settled in double
    CHECK(cpu.unrouted == cuda.unrouted);
    if (other > 0) return;
    CHECK(cpu.counts == cuda.counts);
    CHECK(cpu.scores == cuda.scores);
    CHECK(cpu.slots == cuda.slots);
    CHECK(cpu.order == cuda.order);
    for (std::size_t i = 0; i < cpu.choices.size(); ++i)
        if (std::abs(cpu.probabilities[i] - cuda.probabilities[i]) > 2e-2F * cpu.probabilities[i])
            FAIL_CHECK(cuda.probabilities[i] << " for " << cpu.probabilities[i]);
}

}  // namespace

TEST_CASE("a step is the CPU's but for near ties", "[gpu]") {
    for (const bool bf16 : {false, true}) {
        for (const std::size_t experts : {1U, 2U, 7U, 8U, 64U, 100U, 256U, 300U})
            check_alike(random_batch(1000, experts, 64, bf16), {});
        for (const std::size_t tokens : {0U, 1U, 127U, 128U, 129U})
            for (const std::size_t width : {1U, 16U, 31U, 72U})
                check_alike(random_batch(tokens, 9, width, bf16), {});
        for (const auto noise : {noise_law::gumbel, noise_law::gaussian})
            check_alike(random_batch(2000, 16, 32, bf16),
                        {.rule = {.feedback = 2}, .choices = 3, .noise = noise, .capacity = 300});
        check_alike(random_batch(3000, 12, 40, bf16), {.choices = 8, .capacity = 1000});
    }
}
