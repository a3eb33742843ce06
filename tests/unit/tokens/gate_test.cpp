// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/tokens/gate.hpp>
#include <numeric>

#include "catch.hpp"
#include "scratch_file.hpp"

using namespace moebius;

namespace {

std::vector<double> margins(const gated_tokens& gated) {
    REQUIRE(gated.experts == 2);
    std::vector<double> a;
    for (std::size_t t = 0; t < gated.logits.size(); t += 2) {
        a.push_back(gated.logits[t] - gated.logits[t + 1]);
        REQUIRE(gated.logits[t] == -gated.logits[t + 1]);
    }
    return a;
}

double mean(const std::vector<double>& a) {
    return std::accumulate(a.begin(), a.end(), 0.0) / static_cast<double>(a.size());
}

/// Population standard deviation.
double deviation(const std::vector<double>& a) {
    const double m = mean(a);
    double squares = 0;
    for (const double value : a) squares += (value - m) * (value - m);
    return std::sqrt(squares / static_cast<double>(a.size()));
}

const token_table& digits() {
    static const auto table = read_tokens(MOEBIUS_DATA_DIR "/digits.csv");
    return table;
}

/// Features (3, 4), (0, -8), (3, 4), (6, 0) of classes 1, 2, 1, 7.
const token_table small{4, 3, {3, 4, 1, 0, -8, 2, 3, 4, 1, 6, 0, 7}};

std::string npy(const std::string& shape, const std::vector<double>& values) {
    const std::string header =
        "{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ", }\n";
    std::string data(values.size() * sizeof(double), '\0');
    std::memcpy(data.data(), values.data(), data.size());
    return std::string("\x93NUMPY\x01\x00", 8) +
           std::string{static_cast<char>(header.size()), '\0'} + header + data;
}

}  // namespace

TEST_CASE("class means of the digits give NumPy's margins", "[gate][oracle]") {
    // numpy: X = pixels/16, w = (X[y==0].mean(0) - X[y==1].mean(0)) / its norm, a = X @ w
    const auto all = margins(apply_gate(digits(), {.gate = "class-means:0,1"}));
    const auto two = margins(apply_gate(digits(), {.gate = "class-means:0,1", .classes = {0, 1}}));

    const double rounding = 1e-13;  // sums of 64 terms of order 1, in another order
    CHECK(all.size() == 1797);
    CHECK_THAT(mean(all), WithinAbs(-0.17825640123684802, rounding));
    CHECK_THAT(deviation(all), WithinAbs(0.739147914966932, rounding));
    CHECK_THAT(*std::min_element(all.begin(), all.end()), WithinAbs(-2.0736784108012594, rounding));
    CHECK_THAT(*std::max_element(all.begin(), all.end()), WithinAbs(1.886498250870341, rounding));
    CHECK_THAT(all[0], WithinAbs(1.5743959558904157, rounding));
    CHECK_THAT(all[1796], WithinAbs(-0.15570519918461184, rounding));
    CHECK(two.size() == 360);
    CHECK_THAT(mean(two), WithinAbs(0.02334418399898532, rounding));
    CHECK_THAT(deviation(two), WithinAbs(1.3633661799879884, rounding));
}

TEST_CASE("class means follow their definition by hand", "[gate][oracle]") {
    // means (3, 4) and (0, -8), difference (3, 12), largest feature 8
    const auto a = margins(apply_gate(small, {.gate = "class-means:1,2", .classes = {7, 2}}));

    const double unit = std::sqrt(153.0) * 8;
    REQUIRE(a.size() == 2);                          // in the table's order
    CHECK_THAT(a[0], WithinRel(-96 / unit, 1e-15));  // a product of three roundings
    CHECK_THAT(a[1], WithinRel(18 / unit, 1e-15));
}

TEST_CASE("exchanging the two classes mirrors the margins", "[gate][property]") {
    const auto a = margins(apply_gate(digits(), {.gate = "class-means:3,8"}));
    const auto b = margins(apply_gate(digits(), {.gate = "class-means:8,3"}));

    REQUIRE(a.size() == b.size());
    for (std::size_t t = 0; t < a.size(); ++t) REQUIRE(a[t] == -b[t]);
}

TEST_CASE("a random gate is a direction of length 1, new for each seed", "[gate][property]") {
    const token_table axes{3, 3, {2, 0, 0, 0, 2, 0, 0, 0, 2}};  // margins are the gate itself

    const auto w = margins(apply_gate(axes, {.gate = "random:1"}));
    const auto v = margins(apply_gate(axes, {.gate = "random:2"}));

    CHECK_THAT(std::hypot(w[0], w[1], w[2]), WithinRel(1.0, 1e-15));  // rounding of one division
    CHECK(w != v);
    CHECK(w == margins(apply_gate(axes, {.gate = "random:1"})));
}

TEST_CASE("labels decide whether the last column counts", "[gate][property]") {
    auto relabelled = small;
    relabelled.values[2] = 5;

    CHECK(apply_gate(small, {.gate = "random:1", .labels = true}).logits ==
          apply_gate(relabelled, {.gate = "random:1", .labels = true}).logits);
    CHECK(apply_gate(small, {.gate = "random:1"}).logits !=
          apply_gate(relabelled, {.gate = "random:1"}).logits);  // none unless it is said
}

TEST_CASE("a gate from a file multiplies the features as they are", "[gate][oracle]") {
    const scratch_file vector(npy("(2,)", {1, 0.5}), ".npy");
    const scratch_file matrix(npy("(2, 3)", {1, 0, 2, 0, 1, -1}), ".npy");

    CHECK(margins(apply_gate(small, {.gate = vector.path, .labels = true})) ==
          std::vector<double>{5, -4, 5, 6});
    const auto three = apply_gate(small, {.gate = matrix.path, .classes = {1}});
    CHECK(three.experts == 3);
    CHECK(three.logits == std::vector<double>{3, 4, 2, 3, 4, 2});
}

TEST_CASE("a gate is read as PyTorch keeps it and transposed", "[gate][oracle]") {
    const scratch_file plain(npy("(2, 3)", {1, 0, 2, 0, 1, -1}), ".npy");
    const scratch_file turned(npy("(3, 2)", {1, 0, 0, 1, 2, -1}), ".npy");  // its transpose
    const auto logits = [](const std::string& gate) {
        return apply_gate(small, {.gate = gate, .labels = true}).logits;
    };

    CHECK(logits(plain.path) == std::vector<double>{3, 4, 2, 0, -8, 8, 3, 4, 2, 6, 0, 12});
    CHECK(logits(turned.path) == logits(plain.path));
    CHECK(logits(turned.path + ",layout=experts-by-features") == logits(plain.path));
    CHECK_THROWS_WITH(logits(turned.path + ",layout=features-by-experts"),
                      "gate: the shape in " + turned.path +
                          " is (3, 2), but (2, experts) is needed for 2 features, without the "
                          "last column, and 2 experts or more");
    CHECK_THROWS_WITH(logits(turned.path + ",layout=rows"),
                      "gate: layout=rows came, but features-by-experts or experts-by-features is "
                      "needed");
}

TEST_CASE("a square gate must say which axis is which", "[gate][oracle]") {
    const scratch_file square(npy("(2, 2)", {1, 2, 0, 1}), ".npy");
    const auto logits = [](const std::string& gate) {
        return apply_gate(small, {.gate = gate, .classes = {1}}).logits;
    };

    CHECK(logits(square.path + ",layout=features-by-experts") == std::vector<double>{3, 10, 3, 10});
    CHECK(logits(square.path + ",layout=experts-by-features") == std::vector<double>{11, 4, 11, 4});
    CHECK_THROWS_WITH(
        logits(square.path),
        "gate: the shape in " + square.path +
            " is (2, 2), but of a square one it must be said which axis is which: " + square.path +
            ",layout=features-by-experts or " + square.path + ",layout=experts-by-features");
}

TEST_CASE("logits come as they are, an expert a column", "[gate][oracle]") {
    const auto all = apply_gate(small, {.gate = "logits"});
    CHECK(all.experts == 3);
    CHECK(all.logits == small.values);
    const auto kept = apply_gate(small, {.gate = "logits", .classes = {2, 7}});
    CHECK(kept.experts == 2);
    CHECK(kept.logits == std::vector<double>{0, -8, 6, 0});
    CHECK_THROWS_WITH(apply_gate({2, 1, {0, 1}}, {.gate = "logits"}),
                      "gate: logits came for a table of one column, but each expert needs a column "
                      "of logits");
}

TEST_CASE("a random gate of many experts has the mean square distance of two", "[gate]") {
    const token_table axes{3, 3, {2, 0, 0, 0, 2, 0, 0, 0, 2}};
    const auto four = apply_gate(axes, {.gate = "random:7/4"});
    REQUIRE(four.experts == 4);
    double squares = 0;  // over the six pairs
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t a = 0; a < 4; ++a)
            for (std::size_t b = 0; b < a; ++b)
                squares += std::pow(four.logits[4 * i + a] - four.logits[4 * i + b], 2);
    CHECK_THAT(squares / 6, WithinRel(1.0, 1e-14));
    CHECK(apply_gate(axes, {.gate = "random:1/2"}).logits ==
          apply_gate(axes, {.gate = "random:1"}).logits);
    CHECK_THROWS_AS(apply_gate(axes, {.gate = "random:1/1"}), invalid_argument);
    CHECK_THROWS_AS(apply_gate(axes, {.gate = "random:1/"}), invalid_argument);
}

TEST_CASE("a gate file of one expert or of what is no number is refused", "[gate][error]") {
    for (const auto* shape : {"(1, 3)", "(3, 1)"}) {
        const scratch_file one(npy(shape, {1, 2, 3}), ".npy");
        CHECK_THROWS_WITH(apply_gate(small, {.gate = one.path}),
                          Catch::Matchers::EndsWith("and 2 experts or more"));
    }
    const scratch_file none(npy("(3, 2)", {1, 2, 3, std::nan(""), 5, 6}), ".npy");
    CHECK_THROWS_WITH(apply_gate(small, {.gate = none.path}),
                      "gate: value 4 in " + none.path + " is nan, but a gate must be finite");
}

TEST_CASE("apply_gate says what is wrong with a gate", "[gate][error]") {
    const scratch_file short_vector(npy("(2,)", {1, 2}), ".npy");
    const auto gate = [](const gate_options& options) { return apply_gate(small, options); };

    CHECK_THROWS_WITH(gate({.gate = "class-means:1,3"}),
                      "gate: class 3 was asked for, but the classes are 1, 2, 7");
    CHECK_THROWS_WITH(gate({.gate = "class-means:1,2", .classes = {4}}),
                      "gate: class 4 was asked for, but the classes are 1, 2, 7");
    CHECK_THROWS_WITH(gate({.gate = "class-means:1"}),
                      "gate: 'class-means:1' came, but it must be class-means:A,B");
    CHECK_THROWS_WITH(gate({.gate = "class-means:1,x"}),
                      "class-means: 'x' came, but it must be a number");
    CHECK_THROWS_WITH(gate({.gate = "class-means:1,1"}),
                      "gate: the two class means are equal, but a direction is needed");
    CHECK_THROWS_WITH(gate({.gate = "random:-1"}),
                      "gate: 'random:-1' came, but it must be random:SEED or random:SEED/EXPERTS, "
                      "whole numbers, with 2 to 65536 experts");
    CHECK_THROWS_WITH(
        gate({.gate = "clas-means:1,2"}),
        "gate: 'clas-means:1,2' came, but class-means:A,B, random:SEED, logits or the "
        "path of an .npy, .npz or .safetensors file is needed");
    CHECK_THROWS_WITH(
        gate({.gate = short_vector.path}),
        "gate: the shape in " + short_vector.path +
            " is (2), but (3), (3, experts) or (experts, 3) is needed for 3 features, "
            "with the last column, and 2 experts or more");
    CHECK_THROWS_AS(gate({.gate = "missing.npy"}), io_error);
    CHECK_THROWS_WITH(apply_gate({1, 1, {0}}, {.gate = "random:1", .labels = true}),
                      "gate: the only column is a class, but a feature is needed");
}

TEST_CASE("class means of many classes make an expert for each", "[gate]") {
    // Means (0, 0), (2, 0), (0, 2): their mean is (2/3, 2/3), the pairs are 2, 2 and sqrt 8 apart,
    // so that the rms distance is 4/sqrt 3; the largest feature is 2.
    const token_table small{3, 3, {0, 0, 1, 2, 0, 2, 0, 2, 3}};
    const auto three = apply_gate(small, {.gate = "class-means:1,2,3"});
    REQUIRE(three.experts == 3);
    const double unit = 1 / 2.0 / (4 / std::sqrt(3.0));
    // token (2, 0): its logits are 2 (mean_e - centre)_1 in that unit
    CHECK_THAT(three.logits[3], Catch::Matchers::WithinAbs(2 * (-2.0 / 3) * unit, 1e-15));
    CHECK_THAT(three.logits[4], Catch::Matchers::WithinAbs(2 * (4.0 / 3) * unit, 1e-15));
    CHECK_THAT(three.logits[5], Catch::Matchers::WithinAbs(2 * (-2.0 / 3) * unit, 1e-15));
}
