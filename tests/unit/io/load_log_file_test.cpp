// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cstdint>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/io/load_log_file.hpp>
#include <vector>

using namespace moebius;

namespace {

/// Two runs of three steps, two experts, 10 choices a step.
table two_runs() {
    return {{"run", "step", "load_1", "load_2", "score_1", "score_2"},
            {{0, 0, 0, 1, 1, 1},
             {1, 2, 3, 1, 2, 3},
             {0.5, 0.6, 0.7, 0.1, 0.2, 0.3},
             {0.5, 0.4, 0.3, 0.9, 0.8, 0.7},
             {1, 2, 3, 4, 5, 6},
             {-1, -2, -3, -4, -5, -6}}};
}

/// The numbers of an array of the archive, which holds its members as they are.
template <typename number>
std::vector<number> array_in(const std::string& archive, const std::string& name,
                             std::size_t size) {
    const auto array = archive.find("NUMPY", archive.find(name));
    const auto data = archive.find('\n', array) + 1;
    std::vector<number> out(size);
    std::memcpy(out.data(), archive.data() + data, size * sizeof(number));
    return out;
}

}  // namespace

TEST_CASE("a load log holds counts and the scores that they were routed by", "[io]") {
    const auto archive = load_log(load_log_format::npz, two_runs(), "run", 10, "{}");
    CHECK(archive.starts_with("PK\x03\x04"));
    CHECK(archive.find("'shape': (2, 2, 2)") != std::string::npos);
    // steps 2 and 3; in each run 0, then run 1
    CHECK(array_in<std::int32_t>(archive, "counts.npy", 8) ==
          std::vector<std::int32_t>{6, 4, 2, 8, 7, 3, 3, 7});
    // those after steps 1 and 2
    CHECK(array_in<double>(archive, "scores.npy", 8) ==
          std::vector<double>{1, -1, 4, -4, 2, -2, 5, -5});
    auto controlled = two_runs();
    controlled.names.insert(controlled.names.end(), {"control_1", "control_2"});
    controlled.columns.insert(controlled.columns.end(), 2, std::vector<double>(6, 0.25));
    CHECK(array_in<double>(load_log(load_log_format::npz, controlled, "run", 10, "{}"),
                           "scores.npy", 2) == std::vector<double>{1.25, -0.75});
}

TEST_CASE("a load log holds probes of the size of its loads", "[io]") {
    log_probes probes{std::vector<double>(8, 0.1), std::vector<double>(16, 2.5), {0.5, 1.5}};
    const auto archive = load_log(load_log_format::npz, two_runs(), "run", 10, "{}", probes);
    CHECK(array_in<double>(archive, "dither.npy", 8) == probes.dither);
    CHECK(array_in<double>(archive, "moments.npy", 16) == probes.moments);
    CHECK(archive.find("'shape': (2, 2, 2, 2)") != std::string::npos);
    CHECK(array_in<double>(archive, "feedback.npy", 2) == probes.feedback);
    probes.moments.pop_back();
    CHECK_THROWS_AS(load_log(load_log_format::npz, two_runs(), "run", 10, "{}", probes),
                    invalid_argument);
}

TEST_CASE("a load log refuses runs that differ in length", "[io]") {
    auto unlike = two_runs();
    for (auto& column : unlike.columns) column.pop_back();
    CHECK_THROWS_AS(load_log(load_log_format::npz, unlike, "run", 10, "{}"), invalid_argument);
}

TEST_CASE("the config of a loop names its controller and its K", "[io]") {
    feedback_rule rule{.feedback = 3, .decay = 2, .beta = 4, .step = 0.1};
    CHECK(loop_config(rule, 64).find("\"K\":6.0") != std::string::npos);
    CHECK(loop_config(rule, 64).find("\"balancer\":\"feedback\"") != std::string::npos);
    rule.controller = {control_law::integral, 0.5};
    CHECK(loop_config(rule, 64).find("\"bias_rate\":0.05") != std::string::npos);
    rule.controller = {control_law::sign, 1e-3};
    CHECK(loop_config(rule, 64).find("\"balancer\":\"sign\",\"bias_rate\":0.001") !=
          std::string::npos);
}

TEST_CASE("a load log is a table or records, too, with its config in front", "[io]") {
    log_probes probes{std::vector<double>(8, 0.1), {}, {0.5, 1.5}};

    const auto csv = load_log(load_log_format::csv, two_runs(), "run", 10, "{\"K\":2}", probes);
    CHECK(
        csv.starts_with("# {\"K\":2,\"experts\":2}\n"
                        "step,layer,expert,count,score,dither,feedback\n"
                        "0,0,0,6,1,0.1,0.5\n0,0,1,4,-1,0.1,0.5\n0,1,0,2,4,0.1,0.5\n"));
    CHECK(
        load_log(load_log_format::tsv, two_runs(), "run", 10, "{}")
            .starts_with("# {\"experts\":2}\nstep\tlayer\texpert\tcount\tscore\n0\t0\t0\t6\t1\n"));
    probes.moments.assign(16, 2.5);
    CHECK(load_log(load_log_format::jsonl, two_runs(), "run", 10, "{\"K\":2}", probes)
              .starts_with("{\"config\": {\"K\":2,\"experts\":2}}\n"
                           "{\"step\": 0, \"layer\": 0, \"counts\": [6, 4], \"scores\": [1, -1], "
                           "\"dither\": [0.1, 0.1], \"moments\": [[2.5, 2.5], [2.5, 2.5]], "
                           "\"feedback\": 0.5}\n"));
    CHECK_THROWS_AS(load_log(load_log_format::csv, two_runs(), "run", 10, "{}", probes),
                    invalid_argument);
}

TEST_CASE("the ending of a file says the format of a load log", "[io]") {
    CHECK(load_log_format_of("runs/a.b/log") == load_log_format::npz);
    CHECK(load_log_format_of("log.npz") == load_log_format::npz);
    CHECK(load_log_format_of("log.csv") == load_log_format::csv);
    CHECK(load_log_format_of("log.tsv") == load_log_format::tsv);
    CHECK(load_log_format_of("log.jsonl") == load_log_format::jsonl);
    CHECK(!load_log_format_of("log.npy"));
    CHECK(!load_log_format_of("log.parquet"));
}
