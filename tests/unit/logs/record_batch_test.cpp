// SPDX-License-Identifier: MIT
#include <moebius/base/error.hpp>
#include <moebius/logs/record_batch.hpp>
#include <vector>

#include "catch.hpp"

using namespace moebius;

namespace {

/// Steps of two layers with two experts; layer 1 has scores. Each record overwrites the one before.
class counting_log final : public log_source {
public:
    explicit counting_log(int records, int bad = -1) : records_(records), bad_(bad) {
        head_.layers = {"0", "1"};
        head_.experts = 2;
    }
    const log_head& head() const override { return head_; }
    bool next(load_record& record) override {
        if (at_ == bad_) throw invalid_argument("log", "record", "it must be good");
        if (at_ == records_) return false;
        loads_ = {static_cast<double>(at_), static_cast<double>(at_ + 1)};
        scores_ = {-static_cast<double>(at_), 0.5};
        record = {at_ / 2, static_cast<std::size_t>(at_ % 2), loads_, {}, {}, {}};
        if (at_ % 2 == 1) record.scores = scores_;
        ++at_;
        return true;
    }

private:
    int records_, bad_, at_ = 0;
    std::vector<double> loads_, scores_;
    log_head head_;
};

}  // namespace

TEST_CASE("batches hold every record once, layer by layer, in order", "[logs]") {
    const int records = GENERATE(0, 1, 2, 7, 100);
    const auto numbers = GENERATE(as<std::size_t>{}, 1, 10, 1000);
    counting_log log(records);
    record_batch batch;
    std::vector<int> next{0, 1};
    std::size_t all = 0;
    while (const std::size_t came = batch.fill(log, numbers)) {
        std::size_t here = 0;
        for (std::size_t layer = 0; layer < batch.layers(); ++layer)
            for (const auto& record : batch.of(layer)) {
                const int at = next[layer];
                next[layer] += 2;
                CHECK(record.step == at / 2);
                CHECK(record.loads[0] == at);
                CHECK(record.loads[1] == at + 1);
                REQUIRE(record.scores.size() == (layer == 1 ? 2U : 0U));
                if (layer == 1) CHECK(record.scores[0] == -at);
                ++here;
            }
        CHECK(here == came);
        all += came;
    }
    CHECK(all == static_cast<std::size_t>(records));
}

TEST_CASE("what a record lacks is said from within a batch", "[logs]") {
    counting_log log(10, 5);
    record_batch batch;
    CHECK_THROWS_AS(batch.fill(log), invalid_argument);
}
