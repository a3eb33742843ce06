// SPDX-License-Identifier: MIT
#include "shard_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/plan/plan.hpp>
#include <optional>
#include <string_view>

namespace moebius::cli {
namespace {

std::optional<std::uint64_t> launcher_number(const char* variable) {
    const char* text = std::getenv(variable);
    if (text == nullptr) return std::nullopt;
    return parse_count(variable, text, most_plan_points);
}

/// With PARTS, ids are parts: --array=3,7 does two of them again. Without, the ids are parts in
/// their order, which only even steps tell.
shard shard_of_array(std::uint64_t parts) {
    const auto id = launcher_number("SLURM_ARRAY_TASK_ID").value();
    const auto count = launcher_number("SLURM_ARRAY_TASK_COUNT");
    const auto least = launcher_number("SLURM_ARRAY_TASK_MIN").value_or(id);
    const auto step = launcher_number("SLURM_ARRAY_TASK_STEP").value_or(1);
    const auto most =
        launcher_number("SLURM_ARRAY_TASK_MAX")
            .value_or(count ? least + (std::max<std::uint64_t>(*count, 1) - 1) * step : id);
    const auto refuse = [&](std::string_view needed) {
        throw invalid_argument("--shard",
                               fmt::format("task {} of an array of {} ids from {} to {} came", id,
                                           count.value_or(0), least, most),
                               needed);
    };
    if (id < least || id > most) refuse("SLURM_ARRAY_TASK_MIN and _MAX must have it between them");
    if (parts > 0) {
        if (most >= parts)
            refuse(fmt::format("parts of {0} count from 0: --array=0-{1}", parts, parts - 1));
        return {id, parts};
    }
    if (!count || *count == 0) refuse("Slurm must say how many there are, or env/PARTS");
    if (step == 0 || (most - least) % step != 0 || (most - least) / step + 1 != *count ||
        (id - least) % step != 0)
        refuse("ids in even steps are needed; env/PARTS takes them as they are, from 0");
    return {(id - least) / step, *count};
}

/// What launchers of ranks say of a process: which one of how many. A step of Slurm has the last.
constexpr struct {
    const char *rank, *ranks;
} rank_launchers[] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    {"PMI_RANK", "PMI_SIZE"},
    {"PMIX_RANK", nullptr},
    {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS"},
};

/// @param parts  0: the launcher says it, too
shard part_of(const char* variable, std::uint64_t id, std::uint64_t parts) {
    if (parts == 0)
        throw invalid_argument("--shard",
                               fmt::format("{} does not say how many there are", variable),
                               "env/COUNT does");
    return {id, parts};
}

/// What a launcher says of this process.
shard_choice shard_of_launcher(std::uint64_t parts) {
    using enum shard_choice::said_by;
    if (std::getenv("SLURM_ARRAY_TASK_ID") != nullptr) return {shard_of_array(parts), task};
    if (const auto id = launcher_number("HQ_TASK_ID"))
        return {part_of("HQ_TASK_ID", *id, parts), task};
    for (const auto& [own, all] : rank_launchers) {
        const auto id = launcher_number(own);
        if (!id) continue;
        if (parts == 0 && all != nullptr) parts = launcher_number(all).value_or(0);
        return {part_of(own, *id, parts), rank};
    }
    throw invalid_argument("--shard", "env came",
                           "SLURM_ARRAY_TASK_ID, HQ_TASK_ID, OMPI_COMM_WORLD_RANK, PMI_RANK, "
                           "PMIX_RANK or SLURM_PROCID must be set");
}

}  // namespace

shard_choice shard_from(const std::string& text) {
    if (text.empty()) return {};
    const auto words = parts_of(text, '/');
    const auto parts = words.size() == 2 ? parse_count("--shard", words[1], most_plan_points) : 0;
    if (words.size() > 2 || (words.size() == 1 && text != "env"))
        throw invalid_argument("--shard", fmt::format("{} came", excerpt(text)),
                               "PART/PARTS, env or env/PARTS is needed");
    if (words.size() == 2 && parts == 0)
        throw invalid_argument("--shard", fmt::format("{} came", excerpt(text)),
                               "there is one part at least");
    const auto out = words[0] == "env"
                         ? shard_of_launcher(parts)
                         : shard_choice{{parse_count("--shard", words[0], most_plan_points), parts},
                                        shard_choice::said_by::person};
    if (out.own.part >= out.own.parts)
        throw invalid_argument("--shard",
                               fmt::format("part {} of {} came", out.own.part, out.own.parts),
                               "parts count from 0, and each is below their number");
    return out;
}

void require_joined(const shard_choice& choice, unsigned joined) {
    using enum shard_choice::said_by;
    if (joined > 1 || choice.by == rank || choice.by == person) return;
    for (const auto& [own, all] : rank_launchers) {
        const auto ranks = all != nullptr ? launcher_number(all) : std::nullopt;
        if (!ranks) continue;
        if (*ranks > 1)
            throw invalid_argument(
                "run", fmt::format("{} processes came that cannot talk ({})", *ranks, all),
                "each would do all points: --shard env gives each its part, and mpirun of the MPI "
                "that the program was built with joins them");
        return;  // a launcher in one that has started one process
    }
}

}  // namespace moebius::cli
