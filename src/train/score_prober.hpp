// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/train/score_probe.hpp>
#include <moebius/train/training.hpp>
#include <span>
#include <vector>

namespace moebius {

/// The probe of one run on its way. Of moments the run has one layer.
class score_prober {
public:
    score_prober(const score_probe& asked, const training_run& run);

    /// (L E) those by which the next batch is routed; valid until the next call.
    [[nodiscard]] std::span<const double> scores(const training_state& state);
    /// Keeps what is asked of a batch that was routed so.
    /// @param inputs  (B, d)
    void take(const training_state& state, std::span<const double> routed_by,
              std::span<const double> inputs);
    /// The sums go to the state's next record.
    void end_record(training_state& to);

private:
    const score_probe& asked_;
    const training_run& run_;
    std::vector<double> dither_, products_;
};

}  // namespace moebius
