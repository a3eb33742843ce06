// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <moebius/logs/log_file.hpp>
#include <string>

namespace moebius {

/// What records have had beside their loads.
struct probes_had {
    bool scores = false, dither = false, moments = false, feedback = false;
    void take(const load_record& record) {
        scores = scores || !record.scores.empty();
        dither = dither || !record.dither.empty();
        moments = moments || !record.moments.empty();
        feedback = feedback || std::abs(record.feedback) > 0;
    }
};

/// Options of a rule that were given and change nothing that is told of a log, and what each lacks;
/// empty where there are none.
/// @param head  of the log, with the options: what the log says itself counts as well
[[nodiscard]] std::string note_of_idle(const log_options& options, const log_head& head,
                                       const probes_had& had);

}  // namespace moebius
