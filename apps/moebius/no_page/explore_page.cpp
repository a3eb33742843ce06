// SPDX-License-Identifier: MIT
// Linked in place of page/ where MOEBIUS_WEB is OFF.
#include "explore_page.hpp"

#include <moebius/base/error.hpp>

namespace moebius::cli {

std::string_view explore_page() {
    throw not_compiled("the page (it takes Emscripten: scripts/install-deps.sh web)",
                       "MOEBIUS_WEB");
}

}  // namespace moebius::cli
