// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/logs/load_log.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace moebius {

/// What a log does not say of itself; what is set here counts more than what it says.
struct log_options {
    // as in log_head
    std::optional<double> top_k{}, tokens{}, rate{}, feedback{}, decay{}, beta{}, bias_rate{},
        bias_leak{};
    std::string gate{}, balancer{};
    /// Of every layer: where only chosen ones have rows or columns, as many as there are or more;
    /// of an array as many.
    std::optional<double> experts{};
    /// Reads all of a file into memory before the first record is given, so that its steps may be
    /// in any order.
    bool whole = false;
};

/// A file that is read record by record has a step that is not after the last one: a restart from a
/// checkpoint, or rows in another order. It can be read with log_options::whole.
class out_of_order final : public error {
public:
    out_of_order(const std::string& place, const std::string& rule) : error(place + ": " + rule) {}
};

/// Numbers that a log has beside the loads, one a step: losses.
struct named_series {
    std::string name;
    std::vector<double> values;
};

/// One log, ready to be read.
struct opened_log {
    std::string name;  ///< of the part of a table that has several (model, domain); else empty
    std::unique_ptr<log_source> source;
    std::vector<named_series> series;
    std::vector<std::string> notes;  ///< how it is read, but for log_source::notes_at_end
    bool of_one_rank = false;        ///< as of log_head
};

/// Opens files that together hold a log: parts of it by steps, layers or ranks, all in one format.
///
/// The format shows in the first bytes:
/// - NPY and NPZ: [steps, layers, experts], [steps, experts] or [experts] of any type of number. In
///   an NPZ file `counts` or `loads`, and beside it `scores`, `dither` (of the same shape),
///   `moments` [steps, layers, experts, experts], `steps`, `feedback` [steps], `layers` [layers],
///   losses, a map of physical to logical experts, and `config`, a JSON text; or an array a layer
///   (layer_0, layer_1) of [steps, experts]; Megatron's dump of loads has [layers, steps, experts].
/// - CSV, TSV: a row an expert (step, layer, expert, tokens or a share, bias) in any order, also of
///   chosen experts only; a row a step and layer or a step with a column an expert
///   (layer3/expert5, layer_3_expert_5, expert_5), in order. In both `feedback` of the step; a line
///   `# {...}` before the names is the config.
/// - JSONL: a record a step and layer, or a step, with arrays or names as the columns of a CSV,
///   `moments` (experts, experts), `feedback`; a record {"config": ...}; records of Megatron's
///   router trace; records with a map of physical to logical experts, and records of layers within
///   one of a step ("layers": [{...}]).
/// - TensorBoard's event files, by tags as the columns of a CSV; of a folder all that it has.
/// - safetensors: no log, but the gates of a checkpoint as one step without loads, whose scores are
///   the biases that choices are made with; what the weights are stands in the notes.
///
/// Steps may come in any order in what goes by a table. A run that was restarted from a checkpoint
/// has steps again: the rows that came first are left out from there on, and a note says which. Of
/// arrays, `steps` may go back so, but in no other way. Event files say where a run was restarted.
/// A step within which a text or an event file ends, as of a run that was killed, is left out, and
/// a note says so.
///
/// Arrays of several files follow one another, in the order of their steps or else of the files,
/// but are added up where the files' names have ranks (rank0, rank_1). What one part says of the
/// run holds for all; tokens that differ are those of the part that says them first.
///
/// Where a config or log_options::experts says fewer experts than a file has, and those behind them
/// have no loads, these are padding and left out; another number that a config says is noted.
///
/// NPY and NPZ files, and one CSV, a file or a pipe, of a step a line without losses are read as
/// they are asked for: what is wrong far in it is said there, out_of_order among it. A line is a
/// step where the first one with loads has them of all experts of all layers; where it is short
/// (fewer columns of a layer than of another, or than `experts`) the file goes by a table, as with
/// log_options::whole and as all others and Fortran's order do: the loads are in memory, 8 bytes a
/// number, or 4 of text where float holds all of them.
/// Steps without a load in any layer are left out, as of a buffer that is not full, and
/// log_source::notes_at_end says how many. Numbers that are no counts, and twice or a part of them,
/// become choices where `tokens` and `top_k` are known.
///
/// @return one, or one for each combination of what else a long table says (model, domain)
/// @throws io_error  with file, place and rule: for what is no log (summaries, pickles, which are
///                   never opened, tables of Parquet), negative loads, numbers that are not finite,
///                   steps below 0 or out of order in an array or a pipe, experts that come twice,
///                   in a step or among the choices of a token, layers beyond any, files that are
///                   cut off in their middle, bytes behind an array; loads that are all 0; parts
///                   that say other rules of choices or scores
/// @throws out_of_order  for steps out of order in a CSV file that is read as it is asked for
/// @throws invalid_argument  for settings that no run can have: choices, of the options or of the
///                           log, and a rule of scores (unfit_rule) of the options; for other
///                           experts than a file has
[[nodiscard]] std::vector<opened_log> open_logs(std::span<const std::string> paths,
                                                const log_options& options = {});

/// A log in text that grows: each of its steps as soon as it is known to be whole. It may not be
/// there yet, or have no line; where another file takes its name, or it is cut, that is read from
/// its start, and steps behind the last one go on from there.
///
/// A row of all experts of all layers is known to be whole, and a step of records or rows of layers
/// or experts where those of all that came before are there; another one is once the next one has
/// begun, as the first one of several records is, or one of which experts without loads, or ranks,
/// have no rows. Loads become choices as those of open_logs do, by the first step that has any.
class followed_log {
public:
    virtual ~followed_log() = default;

    /// Layers and experts may come with later steps.
    [[nodiscard]] virtual const log_head& head() const = 0;

    /// The records of the next step that is complete; empty if there is none yet.
    /// @throws io_error  as open_logs
    [[nodiscard]] virtual std::span<const load_record> next_step() = 0;

    /// Whether that step came before or was given already: the run was restarted from a checkpoint,
    /// and what is known of its steps from there on is void. Or a layer or an expert came with it
    /// that no step had.
    [[nodiscard]] virtual bool restarted() const = 0;

    /// Whether no step can come any more: the end of a pipe, or of the standard input.
    [[nodiscard]] virtual bool has_ended() const = 0;

    /// What there is to say since this was last asked, a sentence each: that the file is waited for
    /// or was replaced, a restart, and how the log is read.
    [[nodiscard]] virtual std::vector<std::string> take_notes() = 0;
};

/// @throws io_error  as open_logs; for a format that does not grow by lines; where there is neither
///                   such a file nor the folder for it
[[nodiscard]] std::unique_ptr<followed_log> follow_log(const std::string& path,
                                                       const log_options& options = {});

}  // namespace moebius
