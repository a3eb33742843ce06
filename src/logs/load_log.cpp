// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <moebius/base/text.hpp>
#include <moebius/logs/load_log.hpp>

namespace moebius {

std::string layers_text(const log_head& head, std::span<const std::size_t> layers) {
    constexpr std::size_t most = 12;
    std::string out = layers.size() == 1 ? "layer " : "layers ";
    for (std::size_t i = 0; i < std::min(layers.size(), most); ++i) {
        if (i > 0) out += ", ";
        out += excerpt(head.layers[layers[i]], 30);
    }
    return layers.size() > most ? fmt::format("{} and {} more", out, layers.size() - most) : out;
}

}  // namespace moebius
