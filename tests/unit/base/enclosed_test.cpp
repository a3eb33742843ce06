// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <moebius/base/enclosed.hpp>
#include <moebius/base/random.hpp>
#include <vector>

using namespace moebius;

namespace {

constexpr int points = 100000;

/// Numbers of all sizes from 2^-around to 2^around, of either sign.
class sizes {
public:
    explicit sizes(double around) : around_(around) {}
    double next() {
        const auto words = random_words(1, random_stream::token, 0, count_++);
        const double size = std::exp2(around_ * (2 * uniform(words[0]) - 1));
        return words[1] % 2 == 0 ? size : -size;
    }

private:
    double around_;
    std::uint32_t count_ = 0;
};

enclosed constant(double value) { return enclosed(bounds{value, value}); }

/// 113 bits: a product of two doubles fits, and what a sum or quotient loses decides nothing.
__extension__ using quad = __float128;

bool holds(const bounds& b, quad value) { return b.low <= value && value <= b.high; }

/// Neighbouring doubles at most.
bool is_tight(const bounds& b) {
    return std::nextafter(b.low, std::numeric_limits<double>::infinity()) >= b.high;
}

/// How often a function of the C library is not held, by its own long double version: eleven more
/// bits, of which two may be wrong.
template <typename Function, typename Reference>
int misses(double around, bool positive, const Function& f, const Reference& reference) {
    sizes of(around);
    int missed = 0;
    for (int i = 0; i < points; ++i) {
        const double x = positive ? std::abs(of.next()) : of.next();
        const bounds b = f(constant(x)).value();
        const long double value = reference(static_cast<long double>(x));
        const long double slack = std::abs(value) * 0x1p-62L;
        missed += !(b.low <= value + slack && value - slack <= b.high);
    }
    return missed;
}

/// The bound by which a derivative along a line may be judged: f(x + h) - f(x - h), over 2 h.
template <typename Function>
void check_series(double x, const Function& f) {
    enclosed line = constant(x);
    line.set(1, 1.0);
    const auto series = f(line);
    const auto sloped = f(enclosed(bounds{x, x}, bounds{1, 1}));
    CHECK(std::abs(sloped.slope().middle() - series.value(1).middle()) <=
          1e-13 * std::abs(series.value(1).middle()));
    constexpr double h = 1e-2;  // of a Taylor polynomial: what is left out is of order h^4
    for (const double s : {-h, h}) {
        const double there = f(constant(x + s)).value().middle();
        double sum = 0;
        for (std::size_t k = 4; k-- > 0;) sum = sum * s + series.value(k).middle();
        CHECK(std::abs(there - sum) < 100 * h * h * h * h);
    }
}

}  // namespace

TEST_CASE("sums, products, quotients and roots are enclosed by neighbouring doubles",
          "[enclosed]") {
    sizes of(300);
    int missed = 0, wide = 0;
    for (int i = 0; i < points; ++i) {
        const double x = of.next(), y = of.next(),
                     near = -x * (1 + 0x1p-40 * y / (1 + std::abs(y)));
        const auto look = [&](const enclosed& result, quad value) {
            missed += !holds(result.value(), value);
            wide += !is_tight(result.value());
        };
        look(constant(x) + constant(y), quad(x) + quad(y));
        look(constant(x) - constant(y), quad(x) - quad(y));
        look(constant(x) + constant(near), quad(x) + quad(near));  // cancels
        look(constant(x) * constant(y), quad(x) * quad(y));
        look(constant(x) / constant(y), quad(x) / quad(y));
        const bounds root = sqrt(constant(std::abs(x))).value();
        missed += !(quad(root.low) * root.low <= std::abs(x) &&
                    std::abs(x) <= quad(root.high) * root.high);
        wide += !is_tight(root);
    }
    CHECK(missed == 0);
    CHECK(wide == 0);
}

TEST_CASE("functions of the C library are enclosed", "[enclosed]") {
    CHECK(misses(
              9, false, [](const enclosed& u) { return exp(u); },
              [](long double u) { return std::exp(u); }) == 0);
    CHECK(misses(
              500, true, [](const enclosed& u) { return log(u); },
              [](long double u) { return std::log(u); }) == 0);
    CHECK(misses(
              20, false, [](const enclosed& u) { return sin(u); },
              [](long double u) { return std::sin(u); }) == 0);
    CHECK(misses(
              20, false, [](const enclosed& u) { return cos(u); },
              [](long double u) { return std::cos(u); }) == 0);
    CHECK(misses(
              30, false, [](const enclosed& u) { return tanh(u); },
              [](long double u) { return std::tanh(u); }) == 0);
    CHECK(misses(
              30, false, [](const enclosed& u) { return erf(u); },
              [](long double u) { return std::erf(u); }) == 0);
}

TEST_CASE("an interval of arguments is enclosed with all that is in it", "[enclosed]") {
    sizes of(4), width(30);
    int missed = 0;
    for (int i = 0; i < points / 10; ++i) {
        const double low = of.next(), high = low + std::min(1.0, std::abs(width.next()));
        const enclosed u(bounds{low, high});
        for (const double share : {0.0, 0.3, 1.0}) {
            const double x = std::min(high, low + share * (high - low));
            missed += !exp(u).value().contains(std::exp(x));
            missed += !sin(u).value().contains(std::sin(x));
            missed += !cos(u).value().contains(std::cos(x));
            missed += !tanh(u).value().contains(std::tanh(x));
            missed += !erf(u).value().contains(std::erf(x));
            missed += !(u * u - u).value().contains(x * x - x);
            missed += !logistic_of(u).value().contains(1 / (1 + std::exp(-x)));
        }
    }
    CHECK(missed == 0);
}

TEST_CASE("what is 0 stays 0, and what overflows is not taken for a number", "[enclosed]") {
    const enclosed any(bounds{-3, 5});
    CHECK((any * 0.0).value().is_zero());
    CHECK(tanh(any * 0.0).value().is_zero());
    CHECK((any * 0.0 - 0.0).value().is_zero());
    CHECK_FALSE((any - any).value().is_zero());
    CHECK_FALSE(exp(constant(800)).value().is_finite());
    CHECK_FALSE((1.0 / any).value().is_finite());
    CHECK_FALSE((constant(1e300) * 1e300).value().is_finite());
    CHECK(exp(constant(-800)).value().low == 0);
    CHECK(exp(constant(-800)).value().high > 0);
}

TEST_CASE("coefficients along a line and slopes are derivatives", "[enclosed]") {
    check_series(0.7, [](const enclosed& u) { return exp(u); });
    check_series(0.7, [](const enclosed& u) { return log(u); });
    check_series(0.7, [](const enclosed& u) { return sqrt(u); });
    check_series(0.7, [](const enclosed& u) { return tanh(u); });
    check_series(0.7, [](const enclosed& u) { return sin(u); });
    check_series(0.7, [](const enclosed& u) { return cos(u); });
    check_series(0.7, [](const enclosed& u) { return erf(u); });
    check_series(0.7, [](const enclosed& u) { return logistic_of(u); });
    check_series(0.7, [](const enclosed& u) { return pow(u, 5) - 1.0 / (2.0 + u * u); });
    check_series(0.7, [](const enclosed& u) { return pow(u, -2); });
}
