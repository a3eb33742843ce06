// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <optional>
#include <set>
#include <utility>

#include "array_log.hpp"
#include "column.hpp"
#include "load_names.hpp"
#include "log_builder.hpp"
#include "megatron_dump.hpp"
#include "restarts.hpp"

namespace moebius {
namespace {

/// An archive, which its arrays share.
struct open_archive {
    explicit open_archive(const std::string& path) : file(path), zip(file) {}
    file_reader file;
    zip_archive zip;
};

/// One of an archive's files, which keeps the archive.
class archived_bytes final : public byte_source {
public:
    archived_bytes(std::shared_ptr<open_archive> archive, const packed_file& one)
        : archive_(std::move(archive)),
          bytes_(archive_->zip, one),
          name_(fmt::format("{}:{}", archive_->file.name(), excerpt(one.name))) {}
    std::size_t read(std::span<char> to) override { return bytes_.read(to); }
    std::optional<std::size_t> size() const override { return bytes_.size(); }
    std::size_t most_numbers() const override { return bytes_.most_numbers(); }
    const std::string& name() const noexcept override { return name_; }

private:
    std::shared_ptr<open_archive> archive_;
    unpacked_bytes bytes_;
    std::string name_;
};

/// An archive as a log.
class npz_reader {
public:
    explicit npz_reader(const std::string& path)
        : archive_(std::make_shared<open_archive>(path)), path_(path) {}

    /// False if it is no dump of Megatron's.
    bool add_to(log_builder& to, bool names_rank) {
        if (!has("dump_version") && !(has("layer_numbers") && has("forward_counts"))) return false;
        const megatron_dump dump{find_loads(), rows("layer_numbers"), rows("forward_counts"),
                                 names_rank ? rows("ep_rank") : nullptr};
        dump.add_to(to);
        return true;
    }

    opened_log read() {
        if (has("data.pkl") || has_pickle())
            archive_->zip.fail(
                "it is an archive of PyTorch, which holds a pickle and is never opened: "
                "numpy.savez(FILE, counts=tensor.numpy()) makes a log of it");
        opened_log out;
        auto log = std::make_unique<array_log>();
        if (auto config = rows("config"); config && config->is_text())
            read_config(config->text(), path_ + ":config", log->about);
        read_series(out);
        auto loads = find_loads(&out.notes);
        for (const auto* map : {"physical_to_logical_map", "physical_to_logical", "phy2log"})
            if (has(map) && !counts_logical_experts(loads->name()))
                archive_->zip.fail(
                    fmt::format("it has physical experts and their map, '{}', which "
                                "records of JSONL alone are read with",
                                map));
        const auto shape = shape_of(*loads, out.notes);
        set_shape(*log, shape);
        read_steps(*log, shape.steps, out.notes);
        read_feedback(*log, shape.steps);
        name_layers(*log, out.notes);
        log->scores = beside(name_of(meaning::score, {"scores", "bias"}), *loads, shape.experts);
        log->dither = beside("dither", *loads, shape.experts);
        log->moments = moments(*loads, shape);
        log->loads = {std::move(loads), shape.experts};
        out.source = std::move(log);
        return out;
    }

private:
    [[nodiscard]] bool has(std::string_view name) const {
        return archive_->zip.find(name) != nullptr;
    }
    [[nodiscard]] bool has_pickle() const {
        const auto files = archive_->zip.files();
        return std::any_of(files.begin(), files.end(), [](const packed_file& one) {
            return one.name.ends_with("/data.pkl") || one.name.ends_with(".pkl");
        });
    }

    /// An array's name without the ending of its file.
    [[nodiscard]] static std::string_view bare(std::string_view file) {
        return file.substr(0, file.size() - (file.ends_with(".npy") ? 4 : 0));
    }

    /// The array of that name; null if there is none.
    [[nodiscard]] std::unique_ptr<number_rows> rows(std::string_view name) const {
        const auto* one = archive_->zip.find(name);
        return one == nullptr ? nullptr : rows_of(std::make_unique<archived_bytes>(archive_, *one));
    }

    /// @param notes  for what is not read; or null
    [[nodiscard]] std::unique_ptr<number_rows> find_loads(
        std::vector<std::string>* notes = nullptr) const {
        std::unique_ptr<number_rows> out;
        std::string read;
        for (const auto* name :
             {"counts", "loads", "tokens_per_expert", "logical_count", "load", "expert_counts",
              "global_tokens_per_expert", "local_tokens_per_expert", "arr_0"}) {
            if (!has(name)) continue;
            if (out && notes != nullptr)
                notes->push_back(fmt::format("'{}' was read, and '{}' was not", read, name));
            if (!out) out = rows(read = name);
        }
        if (auto said = note_of_local(read); !said.empty() && notes != nullptr)
            notes->push_back(std::move(said));
        if (out) return out;
        const auto files = archive_->zip.files();
        if (files.size() == 1) return rows(files.front().name);
        std::string names;
        for (const auto& one : files) add_name(names, one.name);
        archive_->zip.fail(
            fmt::format("its arrays are {}, but 'counts' or 'loads' is needed", names));
    }

    void read_series(opened_log& out) const {
        for (const auto& one : archive_->zip.files()) {
            const auto name = bare(one.name);
            if (meaning_of(name) != meaning::series) continue;
            auto values = rows(one.name);
            if (values->is_text() || values->shape().size() != 1) continue;
            out.series.push_back({std::string(name), values->all()});
        }
    }

    /// The array of that meaning, of several the first of these; empty if there is none.
    [[nodiscard]] std::string name_of(meaning wanted,
                                      std::initializer_list<std::string_view> first) const {
        for (const auto name : first)
            if (has(name)) return std::string(name);
        for (const auto& one : archive_->zip.files())
            if (meaning_of(bare(one.name)) == wanted) return excerpt(bare(one.name));
        return {};
    }

    /// By an array that has the number of each layer.
    void name_layers(array_log& log, std::vector<std::string>& notes) const {
        for (const auto* name : {"layers", "layer", "layer_numbers", "layer_ids"}) {
            auto found = rows(name);
            if (!found) continue;
            if (found->is_text() || found->shape() != std::vector{log.about.layers.size()}) {
                notes.push_back(
                    fmt::format("'{}' has no number a layer: layers are counted from 0", name));
                continue;
            }
            std::set<double> met;
            std::vector<std::string> names;
            for (const double number : found->all()) {
                if (!met.insert(number).second)
                    throw io_error(found->name(), fmt::format("layer {} comes twice", number));
                names.push_back(fmt::format("{}", number));
            }
            log.about.layers = std::move(names);
            return;
        }
    }

    /// Numbers of which there is one a step; empty without such an array.
    [[nodiscard]] std::vector<double> one_a_step(std::string_view name, std::size_t count) const {
        auto found = rows(name);
        if (!found) return {};
        if (found->is_text() || found->shape() != std::vector{count})
            throw io_error(found->name(), fmt::format("its shape is ({}), but loads have {} steps",
                                                      fmt::join(found->shape(), ", "), count));
        return found->all();
    }

    void read_steps(array_log& log, std::size_t count, std::vector<std::string>& notes) const {
        const auto name = name_of(meaning::step, {"steps", "step"});
        const auto place = fmt::format("{}:{}", path_, name);
        const auto values = one_a_step(name, count);
        log.about.has_steps = !values.empty();
        std::vector<load_run> rows;
        for (const double value : values) {
            log.steps.push_back(checked_step(value, [&] { return place; }));
            rows.push_back({log.steps.back(), 0, 0, rows.size(), 1, 0});
        }
        if (std::adjacent_find(log.steps.begin(), log.steps.end(), std::greater_equal<>()) ==
            log.steps.end())
            return;
        const auto found = rows_before_restarts(rows, false);
        log.is_void.assign(count, false);
        for (const auto at : found.places) log.is_void[at] = true;
        if (!found.steps.empty()) notes.push_back(text_of(found.steps));
        check_order(log, place);
    }

    /// Of the steps that count.
    static void check_order(const array_log& log, const std::string& place) {
        std::optional<std::int64_t> last;
        for (std::size_t s = 0; s < log.steps.size(); ++s) {
            if (log.is_void[s]) continue;
            if (last && log.steps[s] <= *last)
                throw io_error(place, fmt::format("step {} came after {}, but steps must increase: "
                                                  "numpy.argsort(steps) puts arrays in order",
                                                  log.steps[s], *last));
            last = log.steps[s];
        }
    }

    void read_feedback(array_log& log, std::size_t count) const {
        log.feedback = one_a_step("feedback", count);
        for (const double value : log.feedback)
            if (!std::isfinite(value))
                throw io_error(path_ + ":feedback",
                               fmt::format("{} came, but it must be finite", value));
    }

    /// An array of the same shape as the loads.
    [[nodiscard]] channel beside(std::string_view name, const number_rows& loads,
                                 std::size_t record) const {
        auto found = rows(name);
        if (!found) return {};
        if (found->is_text() || found->shape() != loads.shape())
            throw io_error(found->name(), fmt::format("its shape is ({}), but loads have ({})",
                                                      fmt::join(found->shape(), ", "),
                                                      fmt::join(loads.shape(), ", ")));
        return {std::move(found), record};
    }

    [[nodiscard]] channel moments(const number_rows& loads, const log_shape& of) const {
        auto found = rows("moments");
        if (!found) return {};
        auto wanted = loads.shape();
        wanted.push_back(of.experts);
        if (found->is_text() || found->shape() != wanted)
            throw io_error(found->name(),
                           fmt::format("its shape is ({}), but ({}) is needed",
                                       fmt::join(found->shape(), ", "), fmt::join(wanted, ", ")));
        return {std::move(found), of.experts * of.experts};
    }

    std::shared_ptr<open_archive> archive_;
    std::string path_;
};

}  // namespace

opened_log open_npz(const std::string& path) { return npz_reader(path).read(); }

bool add_megatron_dump(const std::string& path, bool names_rank, log_builder& to) {
    return npz_reader(path).add_to(to, names_rank);
}

}  // namespace moebius
