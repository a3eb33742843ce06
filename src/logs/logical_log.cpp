// SPDX-License-Identifier: MIT
#include "logical_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <span>
#include <utility>

#include "expert_copies.hpp"

namespace moebius {
namespace {

class copies_added_up final : public log_source {
public:
    copies_added_up(std::unique_ptr<log_source> physical, std::vector<double> map,
                    std::string place)
        : from_(std::move(physical)),
          head_(from_->head()),
          map_(std::move(map)),
          place_(std::move(place)),
          physical_(head_.experts) {
        head_.experts = 0;
        for (std::size_t l = 0; l < head_.layers.size(); ++l)
            head_.experts = std::max(head_.experts, places_of(map_of(l), place_).logical);
    }

    const log_head& head() const override { return head_; }
    std::vector<std::string> notes_at_end() const override { return from_->notes_at_end(); }
    bool is_turned() const override { return from_->is_turned(); }

    bool next(load_record& record) override {
        if (!from_->next(record)) return false;
        loads_ = add_up_copies(record.loads, map_of(record.layer), false,
                               fmt::format("{}, step {}, layer {}", place_, record.step,
                                           excerpt(head_.layers[record.layer])));
        loads_.resize(head_.experts);
        record.loads = loads_;
        record.scores = record.dither = record.moments = {};
        return true;
    }

private:
    [[nodiscard]] std::span<const double> map_of(std::size_t layer) const {
        return std::span(map_).subspan(layer * physical_, physical_);
    }

    std::unique_ptr<log_source> from_;
    log_head head_;
    std::vector<double> map_;
    std::string place_;
    std::size_t physical_;
    std::vector<double> loads_;
};

class layer_beside_layer final : public log_source {
public:
    layer_beside_layer(std::vector<std::unique_ptr<log_source>> layers, std::string place)
        : layers_(std::move(layers)), place_(std::move(place)), head_(layers_.front()->head()) {
        for (std::size_t l = 1; l < layers_.size(); ++l) {
            const auto& of = layers_[l]->head();
            if (of.experts != head_.experts)
                throw io_error(place_, fmt::format("layer {} has {} experts, and layer {} has {}",
                                                   excerpt(head_.layers.front()), head_.experts,
                                                   excerpt(of.layers.front()), of.experts));
            head_.layers.push_back(of.layers.front());
        }
    }

    const log_head& head() const override { return head_; }

    bool next(load_record& record) override {
        const bool more = layers_[at_]->next(record);
        if (at_ == 0) more_ = more;
        if (more != more_)
            throw io_error(place_,
                           fmt::format("layer {} has another number of steps than layer {}",
                                       excerpt(head_.layers[at_]), excerpt(head_.layers.front())));
        if (!more && at_ + 1 == layers_.size()) return false;
        record.layer = at_;
        at_ = (at_ + 1) % layers_.size();
        return more || next(record);  // each is asked whether it has ended
    }

private:
    std::vector<std::unique_ptr<log_source>> layers_;
    std::string place_;
    log_head head_;
    std::size_t at_ = 0;
    bool more_ = true;
};

}  // namespace

std::unique_ptr<log_source> logical_log(std::unique_ptr<log_source> physical,
                                        std::vector<double> map, std::string place) {
    return std::make_unique<copies_added_up>(std::move(physical), std::move(map), std::move(place));
}

std::unique_ptr<log_source> layers_side_by_side(std::vector<std::unique_ptr<log_source>> layers,
                                                std::string place) {
    if (layers.size() == 1) return std::move(layers.front());
    return std::make_unique<layer_beside_layer>(std::move(layers), std::move(place));
}

}  // namespace moebius
