// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <moebius/solve/product_eigenvalues.hpp>
#include <type_traits>
#include <utility>

#include "plane_rotation.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXcd;
using Eigen::MatrixXd;
using complex = std::complex<double>;

constexpr double eps = std::numeric_limits<double>::epsilon();
constexpr int most_sweeps = 60;  // for each eigenvalue
constexpr int plain_sweeps = 2;  // without a shift, at first: they put the eigenvalues into order
constexpr int odd_sweep = 10;    // so often without success, a shift of no meaning
constexpr double negligible = 1e-3;  // a multiplier that is told up to its size
constexpr int patience = 20;  // sweeps, until what is rounding of the whole factor is none, too

/// Numbers times one power of two, which never over- or underflow.
template <typename Scalar, std::size_t count>
struct scaled {
    std::array<Scalar, count> value;
    long exponent = 0;

    void normalize() {
        double size = 0;
        for (const auto& each : value) size = std::max(size, std::abs(each));
        if ((size > 1e-60 && size < 1e60) || size == 0 || !std::isfinite(size)) return;
        const int up = std::ilogb(size);
        for (auto& each : value) each *= std::ldexp(1.0, -up);
        exponent += up;
    }
};

/// Bounded by largest_eigenvalue.
complex bounded(complex value, long exponent) {
    const double size = std::abs(value);
    if (size == 0) return 0;
    if (static_cast<double>(exponent) + std::log2(size) > std::log2(largest_eigenvalue))
        return value / size * largest_eigenvalue;
    return value * std::ldexp(1.0, static_cast<int>(std::max(exponent, -4000L)));
}

enum class progress { done, needs_complex, stuck };

/// The form of factors that are real, or complex once a pair must be parted from others: a real
/// form takes real shifts only, and leaves a pair of its own as a block.
template <typename Scalar>
class periodic_schur {
public:
    using matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
    static constexpr bool is_real = std::is_same_v<Scalar, double>;

    /// The first in Hessenberg's form, the others triangular.
    explicit periodic_schur(std::vector<matrix> factors)
        : n_(factors[0].rows()), a_(std::move(factors)) {}

    /// Makes them so.
    void reduce() {
        // A_i Z_i = Z_{i+1} R_i along the chain; the first factor takes up what is left.
        matrix z = matrix::Identity(n_, n_);
        for (std::size_t i = 1; i < a_.size(); ++i) {
            const Eigen::HouseholderQR<matrix> qr(a_[i] * z);
            a_[i] = qr.matrixQR().template triangularView<Eigen::Upper>();
            z = qr.householderQ();
        }
        a_[0] = (a_[0] * z).eval();
        for (Index column = 0; column + 2 < n_; ++column)
            for (Index i = n_ - 2; i > column; --i) {
                const auto turn = turn_of::onto_first(a_[0](i, column), a_[0](i + 1, column));
                turn.rows(a_[0], i, column, n_);
                a_[0](i + 1, column) = 0;
                chase(turn, i, {0, n_ - 1, n_});
            }
    }

    progress iterate() {
        matrix& h = a_[0];
        Index high = n_ - 1;
        for (int sweep = 0; high > 0; ++sweep) {
            Index low = high;
            const double rounding = sweep < patience ? 0 : eps * h.norm();
            while (low > 0 && !is_small(h, low, rounding)) --low;
            if (low > 0) h(low, low - 1) = 0;
            // two that are alike up to the root of rounding no shift may part: their block tells
            // both
            bool together = high - low == 1 && sweep >= patience;
            if (sweep > most_sweeps) {  // or more of them
                if (!(size_of(low, high) < negligible))
                    return is_real ? progress::needs_complex : progress::stuck;
                together = true;
            }
            if (low < high && !together) {
                const auto made = step(low, high, sweep);
                if (made == progress::needs_complex) return made;
                if (made == progress::stuck) continue;  // one more sweep
            }
            high = low == high ? high - 1 : together ? low - 1 : high - 2;
            sweep = -1;
        }
        return progress::done;
    }

    [[nodiscard]] std::vector<complex> eigenvalues() const {
        std::vector<complex> values;
        for (Index i = 0; i < n_; ++i) {
            Index end = i;
            while (end + 1 < n_ && a_[0](end + 1, end) != Scalar(0)) ++end;
            if (end > i + 1) {
                const auto [all, exponent] = window_product(i, end);
                const Eigen::ComplexSchur<MatrixXcd> schur(all.template cast<complex>(), false);
                for (const complex value : schur.matrixT().diagonal())
                    values.push_back(bounded(value, exponent));
                i = end;
                continue;
            }
            if (end == i + 1) {
                const auto pair = block(i);
                const auto [half, root] = halves(pair);
                for (const double sign : {1.0, -1.0})
                    values.push_back(bounded(pair.value[3] + half + sign * root, pair.exponent));
                ++i;
                continue;
            }
            scaled<Scalar, 1> product{{Scalar(1)}, 0};
            for (const auto& a : a_) {
                product.value[0] *= a(i, i);
                product.normalize();
            }
            values.push_back(bounded(product.value[0], product.exponent));
        }
        return values;
    }

    [[nodiscard]] const std::vector<matrix>& factors() const noexcept { return a_; }

private:
    using turn_of = detail::plane_rotation<Scalar>;
    using corner = scaled<Scalar, 4>;  // a 2 x 2 matrix, row by row

    /// Against its neighbours, so that small eigenvalues keep their digits. Where two of them are
    /// alike, what couples them may be rounding of larger entries, which no shift takes away.
    static bool is_small(const matrix& h, Index i, double rounding) {
        const double beside = eps * (std::abs(h(i - 1, i - 1)) + std::abs(h(i, i)));
        return std::abs(h(i, i - 1)) <= std::max(beside, rounding);
    }

    /// The unknowns on which the eigenvalues still depend, and the end of the first factor's rows
    /// that are not zero there.
    struct window {
        Index low, high, end;
    };

    /// Takes a rotation of the first factor's rows i and i + 1 through the others, back into its
    /// columns.
    void chase(turn_of turn, Index i, window within) {
        for (std::size_t k = 1; k < a_.size(); ++k) {
            turn.columns(a_[k], i, within.low, i + 2);
            turn = turn_of::onto_first(a_[k](i, i), a_[k](i + 1, i));
            turn.rows(a_[k], i, i, within.high + 1);
            a_[k](i + 1, i) = 0;
        }
        turn.columns(a_[0], i, within.low, within.end);
    }

    /// The product of the 2 x 2 blocks at i, that of the whole in its last rows.
    [[nodiscard]] corner block(Index i) const {
        corner p{{a_[0](i, i), a_[0](i, i + 1), a_[0](i + 1, i), a_[0](i + 1, i + 1)}, 0};
        auto& m = p.value;
        for (std::size_t k = 1; k < a_.size(); ++k) {
            const Scalar t00 = a_[k](i, i), t01 = a_[k](i, i + 1), t11 = a_[k](i + 1, i + 1);
            m = {t00 * m[0] + t01 * m[2], t00 * m[1] + t01 * m[3], t11 * m[2], t11 * m[3]};
            p.normalize();
        }
        return p;
    }

    /// The product of the blocks of a window, times a power of two.
    [[nodiscard]] std::pair<matrix, long> window_product(Index low, Index high) const {
        const Index size = high - low + 1;
        matrix p = a_[0].block(low, low, size, size);
        long exponent = 0;
        for (std::size_t k = 1; k < a_.size(); ++k) {
            p = (a_[k].block(low, low, size, size) * p).eval();
            const int up = p.norm() > 0 ? std::ilogb(p.norm()) : 0;
            p *= std::ldexp(1.0, -up);
            exponent += up;
        }
        return {p, exponent};
    }
    /// Which no eigenvalue of a window exceeds.
    [[nodiscard]] double size_of(Index low, Index high) const {
        const auto [p, exponent] = window_product(low, high);
        return std::ldexp(p.norm(), static_cast<int>(std::clamp(exponent, -1000L, 1000L)));
    }

    /// Eigenvalues are the last entry plus half +- root.
    struct two_halves {
        complex half, root;
    };
    static two_halves halves(const corner& of) {
        const Scalar half = (of.value[0] - of.value[3]) / 2.0;
        const Scalar square = half * half + of.value[1] * of.value[2];
        return {half, std::sqrt(complex(square))};
    }

    /// Wilkinson's shift: the eigenvalue of the last block nearer to its last entry.
    static complex shift_of(const corner& last) {
        const auto [half, root] = halves(last);
        const complex sum =
            std::abs(half + root) > std::abs(half - root) ? half + root : half - root;
        return sum == 0.0 ? complex(last.value[3])
                          : last.value[3] - last.value[1] * last.value[2] / sum;
    }

    /// One sweep of the product minus a shift, from low to high.
    /// @return done if the window is a pair's own block, and stuck after a sweep
    progress step(Index low, Index high, int sweep) {
        const corner last = block(high - 1);
        complex wanted = shift_of(last);
        if (is_real && plain_ >= plain_sweeps && std::abs(wanted.imag()) > 0)
            return high - low == 1 ? progress::done : progress::needs_complex;
        if (sweep % odd_sweep == odd_sweep - 1)
            wanted = std::abs(last.value[2]) + std::abs(last.value[3]);
        // the first column of the cyclically moved product A_0 A_{L-1} ... A_1
        scaled<Scalar, 1> t{{Scalar(1)}, 0};
        for (std::size_t k = 1; k < a_.size(); ++k) {
            t.value[0] *= a_[k](low, low);
            t.normalize();
        }
        const long apart = last.exponent - t.exponent;
        // At first, and if larger than the first eigenvalues, it would say nothing of them.
        if (plain_ < plain_sweeps || apart > 60) wanted = 0;
        wanted *= std::ldexp(1.0, static_cast<int>(std::clamp(apart, -4000L, 0L)));
        ++plain_;
        Scalar shift;
        if constexpr (is_real)
            shift = wanted.real();
        else
            shift = wanted;
        auto turn = turn_of::onto_first(t.value[0] * a_[0](low, low) - shift,
                                        t.value[0] * a_[0](low + 1, low));
        for (Index i = low; i < high; ++i) {
            if (i > low) {
                turn = turn_of::onto_first(a_[0](i, i - 1), a_[0](i + 1, i - 1));
                turn.rows(a_[0], i, i - 1, high + 1);
                a_[0](i + 1, i - 1) = 0;
            } else {
                turn.rows(a_[0], i, i, high + 1);
            }
            chase(turn, i, {low, high, std::min(i + 3, high + 1)});
        }
        return progress::stuck;
    }

    Index n_;
    std::vector<matrix> a_;
    int plain_ = 0;  // sweeps so far
};

/// Real where the conjugate is nearer than any other, else exact pairs.
void pair_up(std::vector<complex>& values) {
    std::vector<bool> done(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (done[i]) continue;
        std::size_t partner = i;
        for (std::size_t j = i + 1; j < values.size(); ++j)
            if (!done[j] && std::abs(values[j] - std::conj(values[i])) <
                                std::abs(values[partner] - std::conj(values[i])))
                partner = j;
        done[i] = done[partner] = true;
        if (partner == i) {
            values[i] = values[i].real() < 0 ? -std::abs(values[i]) : std::abs(values[i]);
        } else {
            values[i] = (values[i] + std::conj(values[partner])) / 2.0;
            values[partner] = std::conj(values[i]);
        }
    }
}

}  // namespace

std::vector<std::complex<double>> product_eigenvalues(std::span<const MatrixXd> factors) {
    for (const auto& factor : factors)
        if (!factor.allFinite()) return {};
    periodic_schur<double> form({factors.begin(), factors.end()});
    form.reduce();
    auto ended = form.iterate();
    std::vector<complex> values;
    if (ended == progress::done) {
        values = form.eigenvalues();
    } else {
        std::vector<MatrixXcd> same;
        for (const auto& factor : form.factors()) same.push_back(factor.cast<complex>());
        periodic_schur<complex> parted(std::move(same));
        ended = parted.iterate();
        values = parted.eigenvalues();
    }
    if (ended != progress::done) return {};
    pair_up(values);
    std::sort(values.begin(), values.end(), [](complex l, complex r) {
        return std::abs(l) != std::abs(r) ? std::abs(l) > std::abs(r) : l.imag() > r.imag();
    });
    return values;
}

}  // namespace moebius
