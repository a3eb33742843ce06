// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/checkpoint.hpp>
#include <moebius/plan/rows.hpp>
#include <moebius/plan/run.hpp>
#include <thread>

#include "commands.hpp"
#include "device.hpp"
#include "interrupt.hpp"
#include "journal_folder.hpp"
#include "kept_check.hpp"
#include "plan_trial.hpp"
#include "point_command.hpp"
#include "ranks.hpp"
#include "shard_choice.hpp"
#include "standard_streams.hpp"
#include "words.hpp"

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

/// One run: what all rounds of it share.
class plan_run {
public:
    plan_run(const run_arguments& args, const session& session)
        : args_(args),
          session_(session),
          plan_(read_plan(args.file)),
          work_(of_file(args.file, [this] { return point_work_of(plan_, &check_); })),
          folder_(journal_folder(args.journal, args.file)) {
        const auto choice = shard_from(args.shard);
        shard_ = choice.own;
        if (choice.by != shard_choice::said_by::rank && session.join_ranks)
            ranks_ = session.join_ranks();
        require_joined(choice, ranks_ ? ranks_->size() : 1);
        if (ranks_ && !(ranks_->agree(shard_.part) && ranks_->agree(shard_.parts)))
            ranks_.reset();  // each has a shard of its own
        own_ = ranks_ ? journal_name(shard_, ranks_->rank()) : journal_name(shard_);
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
        // a plan of which everything is refused is told before there is a journal
        const auto files = require_readable(plan_, args_.file);
        const auto inputs = sums_of(files);
        if (ranks_ && !(ranks_->agree(build) && ranks_->agree(plan_.hash()) &&
                        ranks_->agree(fingerprint(inputs))))
            throw invalid_argument("run", "the ranks differ in their builds, plans or input files",
                                   "results would mix");
        heading_ = {std::string(version()), fmt::format("{:016x}", build), host_name(), inputs};
        const auto from = std::chrono::steady_clock::now();
        const auto before = plan_.refined.halvings > 0 ? run_refined() : run_whole();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
        if (sums_of(files) != inputs)
            throw io_error(folder_,
                           "an input file changed while the run went on, and points of both are in "
                           "it: remove it and run again");
        return say(before, took.count());
    }

    /// Nothing is written to a folder of which anything is refused.
    journal begin(const journal_visit& visit) {
        std::error_code fault;
        std::filesystem::create_directories(folder_, fault);
        if (fault) throw io_error(folder_, fault.message());
        require_shared_alike(folder_, own_);  // also of those that began while journals were read
        return {std::filesystem::path(folder_) / own_, plan_, heading_, visit};
    }

    /// The points that any journal has, in one that this process alone writes from here on.
    std::uint64_t run_whole() {
        known_points known(shard_, plan_.points());
        require_shared_alike(folder_, own_);
        const auto note = [&](auto index, auto, auto failure) {
            known.add(index, !failure.empty());
        };
        for (const auto& path : journals_in(folder_))
            if (path.filename() != own_) read_journal(path, plan_, heading_, note);
        journal own = begin(note);
        if (args_.retry) known.forget_failures();
        failed_before_ = known.failed();
        if (ranks_) ranks_->meet();  // all have read what was there, and nobody has written
        const auto before = known.count();
        const auto places = shard_.size(plan_.points());
        compute(places, std::max<std::uint64_t>(places - before, 1), before == 0, own,
                [&](std::uint64_t place) -> std::optional<std::uint64_t> {
                    const auto index = shard_.at(place);
                    return known.has(index) ? std::nullopt : std::optional(index);
                });
        return before;
    }

    /// The next round: failures first, where they are to be tried again.
    [[nodiscard]] std::vector<std::uint64_t> next_round(const plan_rows& rows, bool retry) const {
        std::vector<std::uint64_t> out;
        if (retry)
            for (const auto& [index, sentence] : rows.failed) out.push_back(index);
        return out.empty() ? wanted_points(plan_, rows) : out;
    }

    /// Round by round: where points are wanted depends on those before.
    std::uint64_t run_refined() {
        require_shared_alike(folder_, own_);
        static_cast<void>(read_rows(folder_, plan_, heading_));  // or it is refused
        journal own = begin({});
        std::optional<std::uint64_t> before;
        for (bool retry = args_.retry; goes_on(); retry = false) {
            const auto rows = read_rows(folder_, plan_, heading_);
            if (!before) {
                failed_before_ = retry ? 0 : rows.failed.size();
                before = rows.index.size() + failed_before_;
            }
            const auto wanted = next_round(rows, retry);
            if (ranks_) ranks_->meet();
            if (wanted.empty()) break;
            compute(wanted.size(), wanted.size(), rows.index.empty() && rows.failed.empty(), own,
                    [&](std::uint64_t place) { return std::optional(wanted[place]); });
        }
        return before.value_or(0);
    }

    /// False on all ranks once one was asked to stop: each round waits for all.
    [[nodiscard]] bool goes_on() const {
        if (ranks_ && !ranks_->agree(stop_requested() ? 1 : 0)) request_stop();
        return !stop_requested();
    }

    /// @param fresh  nothing is known: samples are to have what is kept
    /// @param index_at  the point of a place, if it is wanted
    template <typename Index>
    void compute(std::uint64_t places, std::uint64_t expects, bool fresh, journal& own,
                 const Index& index_at) {
        check_.expect(fresh ? indices(samples_of(places), index_at) : std::vector<std::uint64_t>());
        const auto watched = session_.watch("run", "points");
        const auto work = [&](const number_source& next) {
            const auto wanted = [&]() -> std::optional<std::uint64_t> {
                while (const auto place = next())
                    if (const auto index = index_at(samples_first(*place, places))) return index;
                return std::nullopt;
            };
            const auto made =
                run_points(plan_, wanted, own, checked_work(), args_.threads, expects, watched);
            if (check_.refuses()) refuse_kept(own);
            tally_.done += made.done;
            tally_.failed += made.failed;
        };
        if (ranks_)
            ranks_->share(places, args_.threads, work);
        else
            work(places_below(places));
    }

    template <typename Index>
    static std::vector<std::uint64_t> indices(std::vector<std::uint64_t> places,
                                              const Index& index_at) {
        for (auto& place : places) place = index_at(place).value();
        return places;
    }

    /// Ends all threads once samples lack what is kept.
    [[nodiscard]] point_work checked_work() const {
        return [this](std::uint64_t index, std::span<double> kept) {
            work_(index, kept);
            if (check_.refuses()) request_stop();
        };
    }

    /// What is misspelt all points lack, and a sweep file that is mended is another plan: no
    /// journal of this one is left. Those of other ranks have what this run did alone, as nothing
    /// was known before.
    [[noreturn]] void refuse_kept(journal& own) const {
        own.discard();
        std::error_code none;
        for (unsigned rank = 0; ranks_ && rank < ranks_->size(); ++rank)
            std::filesystem::remove(std::filesystem::path(folder_) / journal_name(shard_, rank),
                                    none);
        std::filesystem::remove(folder_, none);  // if it is empty
        throw io_error(args_.file, fmt::format("{}", fmt::join(check_.faults(), "; ")));
    }

    [[nodiscard]] int say(std::uint64_t before, double seconds) const {
        const auto made = tally_.done + tally_.failed;
        const auto whose = ranks_ ? fmt::format("rank {}: ", ranks_->rank()) : "";
        print(fmt::format(
            "{}{} points in {:.3g} s ({:.3g} a second), {} failed; {} were done before{}\n", whose,
            made, seconds, static_cast<double>(made) / std::max(seconds, 1e-9), tally_.failed,
            before, failed_before_ > 0 ? fmt::format(", of which {} failed", failed_before_) : ""));
        if (stop_requested()) {
            tell(fmt::format(
                "{}: {} has what was computed until then; the same command goes on",
                interrupt_name().empty() ? "another rank was stopped" : interrupt_name(), folder_));
            return interrupt_code();
        }
        return tally_.failed + failed_before_ == 0 ? exit_code::found : exit_code::no_answer;
    }

    run_arguments args_;
    const session& session_;
    sweep_plan plan_;
    kept_check check_;
    point_work work_;
    std::string folder_;
    shard shard_;
    std::unique_ptr<rank_group> ranks_;
    std::string own_;  ///< name of the journal that this process writes
    journal_heading heading_;
    run_tally tally_;
    std::uint64_t failed_before_ = 0;
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
