// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <memory>
#include <moebius/logs/idle_options.hpp>
#include <optional>
#include <string>
#include <vector>

#include "expert_padding.hpp"
#include "kept_record.hpp"

namespace moebius {

/// What options say takes the place of what a log says.
/// @param file  for sentences on what the log says
/// @throws invalid_argument  where options say choices that no run can have (-3), or how scores
/// move
///                           by a rule that none can have (a decay of 0, a rate of 5)
/// @throws io_error          where the log says such choices
void overrule(log_head& head, const log_options& options, const std::string& file);

/// log_options::experts; 0 where that is not set.
/// @throws invalid_argument  if it is no number of experts
[[nodiscard]] std::size_t given_experts(const log_options& options);

/// @param file  for the sentence
/// @param has   experts of the log as it was read, those given among them
/// @throws invalid_argument  if others were given
void require_experts(const std::string& file, std::size_t has, const log_options& options);

/// A log whose loads are choices, whatever the file counts: its first records tell.
class choices_log final : public log_source {
public:
    /// @param file   for sentences
    /// @param notes  gets what was found
    choices_log(std::string file, std::unique_ptr<log_source> from, const log_options& options,
                std::vector<std::string>& notes);

    const log_head& head() const override { return head_; }
    bool next(load_record& record) override;
    std::vector<std::string> notes_at_end() const override;
    /// Not where the experts of its last axis were told.
    bool is_turned() const override { return !options_.experts && from_->is_turned(); }

private:
    void look_ahead();
    void settle_experts(const log_options& options, std::vector<std::string>& notes);
    void find_factor(std::vector<std::string>& notes);
    [[nodiscard]] std::string place_of(const load_record& record) const;
    void check_even(const load_record& record) const;
    double factor_of_even_counts(std::vector<std::string>& notes) const;
    double factor_of_counts(double sum, std::vector<std::string>& notes);
    double factor_of_shares(double sum, std::vector<std::string>& notes) const;
    enum class evenness { none, unknown, doubled };
    [[nodiscard]] evenness why_even() const;
    [[nodiscard]] double common_sum() const;

    std::string file_;
    std::unique_ptr<log_source> from_;
    log_options options_;
    log_head head_;
    probes_had had_;
    std::optional<expert_padding> padding_;
    double factor_ = 1;
    bool halves_even_counts_ = false;  ///< as all that were seen were even
    std::deque<kept_record> ahead_;
    bool started_ = false;
    std::vector<double> scaled_;
};

}  // namespace moebius
