// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <optional>
#include <set>
#include <utility>

#include "array_log.hpp"
#include "column.hpp"
#include "expert_copies.hpp"
#include "load_names.hpp"
#include "log_builder.hpp"
#include "logical_log.hpp"
#include "megatron_dump.hpp"
#include "npz_arrays.hpp"
#include "restarts.hpp"

namespace moebius {
namespace {

/// An archive as a log.
class npz_reader {
public:
    explicit npz_reader(const std::string& path) : in_(path), path_(path) {}

    /// False if it is no dump of Megatron's.
    bool add_to(log_builder& to, bool names_rank) {
        if (!in_.has("dump_version") && !(in_.has("layer_numbers") && in_.has("forward_counts")))
            return false;
        auto loads = find_loads(nullptr);
        if (!loads.rows) refuse();
        const megatron_dump dump{std::move(loads.rows), in_.rows("layer_numbers"),
                                 in_.rows("forward_counts"),
                                 names_rank ? in_.rows("ep_rank") : nullptr};
        dump.add_to(to);
        return true;
    }

    opened_log read() {
        if (in_.has_pickle())
            in_.fail(
                "it is an archive of PyTorch, which holds a pickle and is never opened: "
                "numpy.savez(FILE, counts=tensor.numpy()) makes a log of it");
        opened_log out;
        log_head about;
        if (auto config = in_.rows("config"); config && config->is_text())
            out.notes = read_config(config->text(), path_ + ":config", about);
        read_settings(about);
        read_series(out);
        if (auto loads = find_loads(&out.notes); loads.rows) {
            auto log =
                read_array(std::move(loads.rows), loads.name,
                           in_.name_of(meaning::score, {"scores", "bias"}), about, out.notes);
            name_layers(*log, out.notes);
            out.source = of_logical_experts(std::move(log), loads.name, out.notes);
        } else {
            out.source = read_layers(about, out.notes);
        }
        return out;
    }

private:
    struct found_loads {
        std::string name;
        std::unique_ptr<number_rows> rows;
    };

    [[noreturn]] void refuse() const {
        std::string names;
        for (const auto& one : in_.files()) {
            if (const auto name = npz_arrays::bare(one.name); are_ids_by_name(name))
                in_.fail(fault_of_ids(name));
            add_name(names, one.name);
        }
        in_.fail(fmt::format("its arrays are {}, but 'counts' or 'loads' is needed", names));
    }

    std::unique_ptr<array_log> read_array(std::unique_ptr<number_rows> loads,
                                          const std::string& name, const std::string& scores,
                                          const log_head& about,
                                          std::vector<std::string>& notes) const {
        auto log = std::make_unique<array_log>();
        log->about = about;
        const auto shape = shape_of(*loads, notes);
        set_shape(*log, shape);
        read_steps(*log, shape.steps, name, notes);
        if (auto said = note_of_layers(shape); !said.empty() && !log->about.has_steps)
            notes.push_back(std::move(said));
        read_feedback(*log, shape.steps);
        log->scores = beside(scores, *loads, shape.experts);
        log->dither = beside("dither", *loads, shape.experts);
        log->moments = moments(*loads, shape);
        log->loads = {std::move(loads), shape.experts};
        return log;
    }

    /// Adds up the copies of experts, where there is a map of them.
    [[nodiscard]] std::unique_ptr<log_source> of_logical_experts(
        std::unique_ptr<array_log> log, const std::string& name,
        std::vector<std::string>& notes) const {
        const auto* const found = std::find_if(std::begin(names_of_map), std::end(names_of_map),
                                               [&](std::string_view one) { return in_.has(one); });
        if (found == std::end(names_of_map)) {
            if (auto said = note_of_copies(name); !said.empty()) notes.push_back(std::move(said));
            return log;
        }
        auto map = in_.rows(*found);
        const auto place = map->name();
        const auto shape = map->shape();
        const std::size_t layers = log->about.layers.size();
        if (map->is_text() || shape.empty() || shape.size() > 2 || map->count() == 0 ||
            (shape.size() == 2 && shape[0] != layers))
            throw io_error(place, fmt::format("its shape is ({}), but [physical experts] or "
                                              "[layers, physical experts] of {} layers is needed",
                                              fmt::join(shape, ", "), layers));
        auto places = map->all();
        const auto use = loads_beside(places_of(std::span(places).first(shape.back()), place), name,
                                      log->about.experts, false, place);
        if (!use.note.empty()) notes.push_back(use.note);
        if (!use.are_physical) return log;
        const auto first = places;  // one map is that of all layers
        while (shape.size() == 1 && places.size() < layers * shape.back())
            places.insert(places.end(), first.begin(), first.end());
        return logical_log(std::move(log), std::move(places), place);
    }

    /// layer_0, layer_1, ...: an array a layer.
    [[nodiscard]] std::unique_ptr<log_source> read_layers(const log_head& about,
                                                          std::vector<std::string>& notes) const {
        std::map<std::string, std::map<std::string, std::string>> loads, scores;
        for (const auto& one : in_.files()) {
            const auto of = layer_name_of(npz_arrays::bare(one.name));
            if (!of || are_ids_by_name(of->family)) continue;
            const auto contents = kind_of(of->family).of;
            if (contents == family_kind::contents::loads) loads[of->family][of->layer] = one.name;
            if (contents == family_kind::contents::scores) scores[of->family][of->layer] = one.name;
        }
        if (loads.empty()) refuse();
        const auto best = std::min_element(loads.begin(), loads.end(), [](auto& a, auto& b) {
            return kind_of(a.first).rank < kind_of(b.first).rank;
        });
        for (const auto& [family, names] : loads)
            if (family != best->first)
                notes.push_back(fmt::format("'{}' was read, and '{}' was not",
                                            excerpt(best->second.begin()->second),
                                            excerpt(names.begin()->second)));
        std::vector<std::string> layers;
        for (const auto& [layer, name] : best->second) layers.push_back(layer);
        std::sort(layers.begin(), layers.end(), come_in_order);
        std::vector<std::unique_ptr<log_source>> out;
        for (const auto& layer : layers) {
            const auto& name = best->second[layer];
            auto found = in_.rows(name);
            if (found->is_text() || found->shape().size() > 2)
                throw io_error(found->name(), "of arrays a layer each is [steps, experts]");
            std::vector<std::string> known;  // that it is of one layer
            const auto beside = scores.empty() ? std::string() : scores.begin()->second[layer];
            out.push_back(read_array(std::move(found), name, beside, about, known));
            static_cast<array_log&>(*out.back()).about.layers = {layer};
        }
        notes.push_back(fmt::format("arrays of {} layers were read side by side", out.size()));
        if (auto said = note_of_copies(best->first); !said.empty())
            notes.push_back(std::move(said));
        return layers_side_by_side(std::move(out), path_);
    }

    /// Of several the one that comes first here, or whose name tells most of loads.
    /// @param notes  for what is not read; or null
    [[nodiscard]] found_loads find_loads(std::vector<std::string>* notes) const {
        std::vector<std::string> found;
        for (const auto* name :
             {"counts", "loads", "tokens_per_expert", "logical_count", "load", "expert_counts",
              "global_tokens_per_expert", "local_tokens_per_expert"})
            if (in_.has(name)) found.emplace_back(name);
        const auto known = static_cast<std::ptrdiff_t>(found.size());
        const auto files = in_.files();
        for (const auto& one : files)
            if (const auto name = std::string(npz_arrays::bare(one.name));
                meaning_of(name) == meaning::load &&
                !(may_be_all_tokens(name) && (!found.empty() || files.size() > 1)) &&
                std::find(found.begin(), found.end(), name) == found.end())
                found.push_back(name);
        std::stable_sort(found.begin() + known, found.end(),
                         [](auto& a, auto& b) { return rank_of_column(a) < rank_of_column(b); });
        if (in_.has("arr_0")) found.emplace_back("arr_0");
        if (found.empty() && files.size() == 1)
            found.emplace_back(npz_arrays::bare(files.front().name));
        if (found.empty() || are_ids_by_name(found[0])) return {};
        for (std::size_t i = 1; i < found.size() && notes != nullptr; ++i)
            notes->push_back(
                fmt::format("'{}' was read, and '{}' was not", found[0], excerpt(found[i])));
        if (auto said = note_of_local(found[0]); !said.empty() && notes != nullptr)
            notes->push_back(std::move(said));
        return {found[0], in_.rows(found[0])};
    }

    /// A number alone, of an array of one or of one a step that never changes.
    [[nodiscard]] std::optional<double> number_in(std::initializer_list<const char*> names) const {
        for (const auto* name : names)
            if (auto found = in_.rows(name);
                found && !found->is_text() && found->shape().size() < 2 && found->count() > 0) {
                const auto all = found->all();
                if (std::count(all.begin(), all.end(), all.front()) ==
                    static_cast<std::ptrdiff_t>(all.size()))
                    return all.front();
            }
        return std::nullopt;
    }
    void read_settings(log_head& to) const {
        if (!to.top_k) to.top_k = number_in({"top_k", "topk"});
        if (!to.tokens) to.tokens = number_in({"tokens", "num_tokens"});
        if (!to.said_experts) to.said_experts = number_in({"num_experts", "n_experts"});
    }

    void read_series(opened_log& out) const {
        for (const auto& one : in_.files()) {
            const auto name = npz_arrays::bare(one.name);
            if (meaning_of(name) != meaning::series) continue;
            auto values = in_.rows(one.name);
            if (values->is_text() || values->shape().size() != 1) continue;
            out.series.push_back({std::string(name), values->all()});
        }
    }

    /// By an array that has the number of each layer.
    void name_layers(array_log& log, std::vector<std::string>& notes) const {
        for (const auto* name : {"layers", "layer", "layer_numbers", "layer_ids"}) {
            auto found = in_.rows(name);
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
                if (const auto fault = fault_of_layer(names.back()); !fault.empty())
                    throw io_error(found->name(), fault);
            }
            log.about.layers = std::move(names);
            return;
        }
    }

    /// @param of_loads  the name of the array of loads, which tell whether a step came again
    void read_steps(array_log& log, std::size_t count, const std::string& of_loads,
                    std::vector<std::string>& notes) const {
        const auto name = in_.name_of(meaning::step, {"steps", "step"});
        const auto place = fmt::format("{}:{}", path_, name);
        const auto values = in_.one_a_step(name, count);
        log.about.has_steps = !values.empty();
        std::vector<load_run> rows;
        for (const double value : values) {
            log.steps.push_back(checked_step(value, [&] { return place; }));
            rows.push_back({log.steps.back(), 0, 0, rows.size(), 1, 0});
        }
        if (std::adjacent_find(log.steps.begin(), log.steps.end(), std::greater_equal<>()) ==
            log.steps.end())
            return;
        const auto sums = checksums_of_steps(*in_.rows(of_loads), count);
        auto found = rows_before_restarts(
            rows, false, [&](std::size_t a, std::size_t b) { return sums[a] == sums[b]; });
        log.is_void.assign(count, false);
        for (const auto at : found.places) log.is_void[at] = true;
        for (auto* of : {&found.copies, &found.strays})
            of->loads *= log.about.layers.size() * log.about.experts;
        check_order(log, place);
        found.goes_back.reset();
        for (auto& sentence : texts_of(found)) notes.push_back(std::move(sentence));
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
        log.feedback = in_.one_a_step("feedback", count);
        for (const double value : log.feedback)
            if (!is_number_of_log(value))
                throw io_error(path_ + ":feedback",
                               fmt::format("{} came, but it {}", value, number_rule));
    }

    /// An array of the same shape as the loads.
    [[nodiscard]] channel beside(std::string_view name, const number_rows& loads,
                                 std::size_t record) const {
        auto found = in_.rows(name);
        if (!found) return {};
        if (found->is_text() || found->shape() != loads.shape())
            throw io_error(found->name(), fmt::format("its shape is ({}), but loads have ({})",
                                                      fmt::join(found->shape(), ", "),
                                                      fmt::join(loads.shape(), ", ")));
        return {std::move(found), record};
    }

    [[nodiscard]] channel moments(const number_rows& loads, const log_shape& of) const {
        auto found = in_.rows("moments");
        if (!found) return {};
        auto wanted = loads.shape();
        wanted.push_back(of.experts);
        if (found->is_text() || found->shape() != wanted)
            throw io_error(found->name(),
                           fmt::format("its shape is ({}), but ({}) is needed",
                                       fmt::join(found->shape(), ", "), fmt::join(wanted, ", ")));
        return {std::move(found), of.experts * of.experts};
    }

    npz_arrays in_;
    std::string path_;
};

}  // namespace

opened_log open_npz(const std::string& path) { return npz_reader(path).read(); }

bool add_megatron_dump(const std::string& path, bool names_rank, log_builder& to) {
    return npz_reader(path).add_to(to, names_rank);
}

}  // namespace moebius
