// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/checkpoint.hpp>
#include <moebius/plan/rows.hpp>
#include <moebius/plan/run.hpp>
#include <thread>

#include "commands.hpp"
#include "device.hpp"
#include "interrupt.hpp"
#include "journal_folder.hpp"
#include "point_command.hpp"
#include "ranks.hpp"
#include "standard_streams.hpp"

namespace moebius::cli {
namespace {

struct run_arguments {
    std::string file, journal, shard;
    unsigned threads = 1;
    bool retry = false;
};

std::string host_name() {
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

/// Two builds of a version may differ in the last bit.
std::uint64_t build_number() {
    constexpr const char* self = "/proc/self/exe";
    return std::filesystem::exists(self) ? fingerprint(read_file(self)) : 0;
}

std::optional<std::uint64_t> number_in(const char* variable) {
    const char* text = std::getenv(variable);
    if (text == nullptr) return std::nullopt;
    return parse_count(variable, text, most_plan_points);
}

/// What a launcher says of this process.
/// @param parts  0: the launcher says it, too
shard shard_of_launcher(std::uint64_t parts) {
    constexpr struct {
        const char *part, *parts, *first;
    } launchers[] = {
        {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN"},
        {"HQ_TASK_ID", nullptr, nullptr},
        {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", nullptr},
        {"PMI_RANK", "PMI_SIZE", nullptr},
    };
    for (const auto& [part, all, first] : launchers) {
        const auto id = number_in(part);
        if (!id) continue;
        if (parts == 0 && all != nullptr) parts = number_in(all).value_or(0);
        if (parts == 0)
            throw invalid_argument("--shard",
                                   fmt::format("{} does not say how many there are", part),
                                   "env/COUNT does");
        return {*id - (first == nullptr ? 0 : number_in(first).value_or(0)), parts};
    }
    throw invalid_argument("--shard", "env came",
                           "SLURM_ARRAY_TASK_ID, HQ_TASK_ID, OMPI_COMM_WORLD_RANK or PMI_RANK must "
                           "be set");
}

shard shard_from(const std::string& text) {
    if (text.empty()) return {};
    const auto words = parts_of(text, '/');
    const auto parts = words.size() == 2 ? parse_count("--shard", words[1], most_plan_points) : 0;
    if (words.size() > 2 || (words.size() == 1 && text != "env"))
        throw invalid_argument("--shard", fmt::format("{} came", excerpt(text)),
                               "PART/PARTS, env or env/PARTS is needed");
    const auto out = words[0] == "env"
                         ? shard_of_launcher(parts)
                         : shard{parse_count("--shard", words[0], most_plan_points), parts};
    if (out.part >= out.parts)
        throw invalid_argument("--shard", fmt::format("part {} of {} came", out.part, out.parts),
                               "parts count from 0, and each is below their number");
    return out;
}

/// One run: what all rounds of it share.
class plan_run {
public:
    plan_run(const run_arguments& args, const session& session)
        : args_(args),
          session_(session),
          plan_(read_plan(args.file)),
          work_(point_work_of(plan_)),
          folder_(journal_folder(args.journal, args.file)),
          ranks_(args.shard.empty() && session.join_ranks ? session.join_ranks() : nullptr),
          shard_(shard_from(args.shard)) {
        if (args_.threads == 0) args_.threads = std::max(1U, std::thread::hardware_concurrency());
        if (plan_.refined.halvings > 0 && shard_.parts > 1)
            throw invalid_argument(
                "--shard", "it came for a plan that is refined",
                "where points are added depends on all others: mpirun shares it");
    }

    int run() {
        try {
            return run_alone();
        } catch (const error& e) {
            if (!ranks_) throw;
            tell(e.what());
            ranks_->end(exit_code::rejected);  // else they would wait for this one
        }
        return exit_code::rejected;
    }

private:
    int run_alone() {
        const auto build = build_number();
        if (ranks_ && !(ranks_->agree(build) && ranks_->agree(plan_.hash())))
            throw invalid_argument("run", "the ranks differ in their builds or plans",
                                   "results would mix");
        heading_ = {plan_.hash(), std::string(version()), fmt::format("{:016x}", build),
                    host_name()};
        std::filesystem::create_directories(folder_);
        const auto from = std::chrono::steady_clock::now();
        const auto before = plan_.refined.halvings > 0 ? run_refined() : run_whole();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
        return say(before, took.count());
    }

    [[nodiscard]] std::filesystem::path own_journal() const {
        const auto name =
            ranks_ ? fmt::format("rank-{:05}.journal", ranks_->rank())
                   : fmt::format("shard-{:05}-of-{:05}.journal", shard_.part, shard_.parts);
        return std::filesystem::path(folder_) / name;
    }

    /// The points that any journal has, in one that this process alone writes from here on.
    std::uint64_t run_whole() {
        done_points done(plan_.points());
        const auto note = [&](auto index, auto, auto failure) {
            if (failure.empty() || !args_.retry) done.add(index);
        };
        journal own(own_journal(), plan_, heading_, note);
        for (const auto& path : journals_in(folder_))
            if (path != own.path()) read_journal(path, plan_, heading_, note);
        if (ranks_) ranks_->meet();  // all have read what was there, and nobody has written
        const auto before = done.count();
        const auto expects = std::max<std::uint64_t>((plan_.points() - before) / shard_.parts, 1);
        compute(plan_.points(), expects, own, [&](const number_source& next) {
            return [&, next]() -> std::optional<std::uint64_t> {
                auto place = next();
                while (place && done.has(*place)) place = next();
                return place;
            };
        });
        return before;
    }

    /// Round by round: where points are wanted depends on those before.
    std::uint64_t run_refined() {
        journal own(own_journal(), plan_, heading_);
        std::optional<std::uint64_t> before;
        while (!stop_requested()) {
            const auto rows = read_rows(folder_, plan_);
            if (!before) before = rows.index.size() + rows.failed.size();
            const auto wanted = wanted_points(plan_, rows);
            if (ranks_) ranks_->meet();
            if (wanted.empty()) break;
            compute(wanted.size(), wanted.size(), own, [&](const number_source& next) {
                return [&, next]() -> std::optional<std::uint64_t> {
                    const auto place = next();
                    return place ? std::optional(wanted[*place]) : std::nullopt;
                };
            });
        }
        return before.value_or(0);
    }

    /// @param numbers  makes the numbers of points of places
    template <typename Numbers>
    void compute(std::uint64_t places, std::uint64_t expects, journal& own,
                 const Numbers& numbers) {
        const auto watched = session_.watch("run", "points");
        const auto work = [&](const number_source& next) {
            const auto made =
                run_points(plan_, numbers(next), own, work_, args_.threads, expects, watched);
            tally_.done += made.done;
            tally_.failed += made.failed;
        };
        if (ranks_)
            ranks_->share(places, args_.threads, work);
        else
            work(places_of(shard_, places));
    }

    [[nodiscard]] int say(std::uint64_t before, double seconds) const {
        const auto made = tally_.done + tally_.failed;
        const auto whose = ranks_ ? fmt::format("rank {}: ", ranks_->rank()) : "";
        print(fmt::format(
            "{}{} points in {:.3g} s ({:.3g} a second), {} failed; {} were done before\n", whose,
            made, seconds, static_cast<double>(made) / std::max(seconds, 1e-9), tally_.failed,
            before));
        if (stop_requested()) {
            tell(fmt::format("{}: {} has what was computed until then; the same command goes on",
                             interrupt_name(), folder_));
            return interrupt_code();
        }
        return tally_.failed == 0 ? exit_code::found : exit_code::no_answer;
    }

    run_arguments args_;
    const session& session_;
    sweep_plan plan_;
    point_work work_;
    std::string folder_;
    std::unique_ptr<rank_group> ranks_;
    shard shard_;
    journal_heading heading_;
    run_tally tally_;
};

}  // namespace

command run_command() {
    command out{"run", "Compute the points of a sweep file that are not done yet",
                "moebius run sweep.json --threads 0"};
    auto args = std::make_shared<run_arguments>();
    out.options.add("FILE", args->file, "a sweep as JSON (docs/sweeps.md)",
                    {.names_file = true, .required = true, .positional = true});
    add_journal(out.options, args->journal);
    out.options.add("shard", args->shard,
                    "PART/PARTS of the points, from 0; env or env/PARTS: as Slurm, HyperQueue or a "
                    "launcher of ranks says",
                    {.kept = option_kept::never});
    add_threads(out.options, args->threads);
    out.options.add("retry", args->retry, "compute points that failed, too",
                    {.kept = option_kept::never});
    out.run = [args](const session& session) { return plan_run(*args, session).run(); };
    return out;
}

}  // namespace moebius::cli
