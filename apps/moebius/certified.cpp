// SPDX-License-Identifier: MIT
#include "certified.hpp"

#include <fmt/format.h>

#include <moebius/base/error.hpp>

#include "incomplete.hpp"

namespace moebius::cli {

void add_certify(option_table& table, bool& certify) {
    table.add("certify", certify,
              "prove each special point by an interval Newton step and print its radius; not for "
              "token tables, top-k by tokens and integrals, whose right-hand side has no closed "
              "form",
              {.kept = option_kept::never});
}

void check_closed_form(const problem& at) {
    if (!has_closed_form(*at.model))
        throw invalid_argument("--certify", fmt::format("it came for {}", at.model->name()),
                               "its right-hand side has no closed form: two-expert, softmax and "
                               "exact-k have one");
}

void certify_points(const problem& at, const certify_options& options, result_heading& heading,
                    diagram& found, const session& session) {
    if (incomplete_because(heading)) return;
    try {
        certify(at, found, options, session.watch("certify"));
    } catch (const interrupted&) {
        mark_incomplete(heading);
    }
}

}  // namespace moebius::cli
