// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace moebius {

/// The experts of a token, each of which is one of its choices once.
class token_choices {
public:
    static constexpr std::string_view rule =
        "it was chosen twice by one token, but the choices of a token are of different experts";

    void begin_token() noexcept { ++token_; }

    /// False if the token has chosen it already. A token begins where a row differs from the last
    /// one in what it says of its token, and after as many rows as the first token has.
    [[nodiscard]] bool choose(std::span<const double> of_token, std::uint32_t expert) {
        if (!std::equal(of_token.begin(), of_token.end(), last_.begin(), last_.end())) {
            if (top_k_ == 0) top_k_ = rows_;
            last_.assign(of_token.begin(), of_token.end());
            rows_ = top_k_;
        }
        if (rows_ == top_k_ && top_k_ > 0) {
            begin_token();
            rows_ = 0;
        }
        ++rows_;
        return choose(expert);
    }

    /// The same of a token's own list.
    [[nodiscard]] bool choose(std::uint32_t expert) {
        if (expert >= chosen_by_.size()) chosen_by_.resize(expert + std::size_t{1});
        return std::exchange(chosen_by_[expert], token_) != token_;
    }

private:
    std::vector<std::size_t> chosen_by_;  ///< of each expert the last token; 0: none
    std::size_t token_ = 1;
    std::vector<double> last_;          ///< what the last row says of its token
    std::size_t rows_ = 0, top_k_ = 0;  ///< of the token at hand, and of the first one
};

}  // namespace moebius
