// SPDX-License-Identifier: MIT
// Names for the states of models that have as many as asked for: u1, u2, and so on.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

template <char letter, std::size_t count>
struct numbered_letters {
    static_assert(count < 1000, "three digits");
    std::array<char, 4 * count> text{};
    std::array<std::size_t, count> length{};

    constexpr numbered_letters() {
        for (std::size_t k = 0; k < count; ++k) {
            char* to = text.data() + 4 * k;
            to[length[k]++] = letter;
            for (std::size_t unit = k + 1 >= 100 ? 100 : k + 1 >= 10 ? 10 : 1; unit > 0; unit /= 10)
                to[length[k]++] = static_cast<char>('0' + (k + 1) / unit % 10);
        }
    }
};

template <char letter, std::size_t count>
inline constexpr numbered_letters<letter, count> letters_of{};

template <char letter, std::size_t count>
inline constexpr auto numbered_states = [] {
    std::array<std::string_view, count> names;
    for (std::size_t k = 0; k < count; ++k)
        names[k] = {letters_of<letter, count>.text.data() + 4 * k,
                    letters_of<letter, count>.length[k]};
    return names;
}();
