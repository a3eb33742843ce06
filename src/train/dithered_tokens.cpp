// SPDX-License-Identifier: MIT
#include <algorithm>
#include <moebius/base/require.hpp>
#include <moebius/train/dithered_tokens.hpp>
#include <moebius/train/score_probe.hpp>
#include <vector>

namespace moebius {
namespace {

class dithered_token_source final : public token_source {
public:
    dithered_token_source(std::shared_ptr<const token_source> source, double amplitude)
        : source_(std::move(source)), amplitude_(amplitude) {}

    std::size_t experts() const noexcept override { return source_->experts(); }

    void fill(batch_key key, std::uint32_t first, std::span<const random_block> words,
              std::span<double> out) const override {
        if (source_->draws_tokens())
            source_->fill(key, first, words, out);
        else
            std::fill(out.begin(), out.end(), 0.0);
        std::vector<double> dither(experts());
        dither_of(amplitude_, key.seed, key.step, dither);
        for (std::size_t i = 0; i < out.size(); ++i) out[i] += dither[i % dither.size()];
    }

    margin_law law(noise_law noise) const override { return source_->law(noise); }

private:
    std::shared_ptr<const token_source> source_;
    double amplitude_;
};

}  // namespace

std::shared_ptr<const token_source> dithered_tokens(std::shared_ptr<const token_source> source,
                                                    double amplitude) {
    if (!source) throw invalid_argument("dithered_tokens", "no tokens came", "a source is needed");
    require("dithered_tokens").positive_and_finite("amplitude", amplitude);
    return std::make_shared<dithered_token_source>(std::move(source), amplitude);
}

}  // namespace moebius
