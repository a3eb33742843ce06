// SPDX-License-Identifier: MIT
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/equations/equations.hpp>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace moebius;

namespace {

/// What a change puts in: characters and words that mean something, and some that mean nothing.
constexpr const char* pieces[] = {
    "(",  ")",    "[j]", "[1..3]", "'",           "=",     "+",    "-",      "^",  "*", ",",
    "\n", "%",    "@",   "if(",    "sum(0,3)of(", "1e9",   "..",   "t",      "\\", "#", "softmax",
    "x",  "\xff", "!",   "par ",   "0",           "init ", "done", "shift(", ">",  "{"};

std::string changed(std::string text, std::uint32_t number) {
    const auto count = 1 + random_words(7, random_stream::damage, number, 0)[0] % 4;
    for (std::uint32_t k = 0; k < count; ++k) {
        const auto words = random_words(7, random_stream::damage, number, k + 1);
        const std::size_t at = words[0] % (text.size() + 1), length = words[1] % 8;
        switch (words[2] % 3) {
            case 0:
                text.erase(at, length);
                break;
            case 1:
                text.insert(at, pieces[words[3] % std::size(pieces)]);
                break;
            default:
                text.insert(at, text.substr(words[3] % (text.size() + 1), length * 4));
        }
    }
    return text;
}

/// @return whether it was read
bool use(const std::string& text) try {
    const auto model = read_equations(text, "m", "m.ode").model;
    const std::size_t n = model->dimension(), m = model->parameters().size();
    const auto at = with_defaults(model);
    std::vector<double> x(n), f(n), fx(n * n), fp(n * m), v(n, 1), q(m, 1), along(4 * n);
    model->rhs(x, at.parameters, f);
    model->linear(x, at.parameters, f, fx, fp);
    model->along(x, at.parameters, v, q, along);
    for (std::size_t i = 0; i < n; ++i) {  // bits of NaN may differ
        const bool same = along[i] == f[i] || std::abs(along[i] - f[i]) <= 1e-9 * std::abs(f[i]);
        CHECK((same || !std::isfinite(f[i]) || !std::isfinite(along[i])));
    }
    return true;
} catch (const invalid_argument& e) {
    CHECK(std::string(e.what()).starts_with("m"));
    return false;
}

}  // namespace

TEST_CASE("20,000 changed texts are read or refused", "[equations][mutations]") {
    std::vector<std::string> texts;
    for (const auto& entry : std::filesystem::directory_iterator(MOEBIUS_DATA_DIR "/equations")) {
        std::ifstream in(entry.path());
        texts.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    REQUIRE(texts.size() >= 10);
    std::size_t read = 0;
    for (std::uint32_t k = 0; k < 20'000; ++k) read += use(changed(texts[k % texts.size()], k));
    CHECK(read > 1000);  // both ways out are taken
    CHECK(read < 19'000);
}
