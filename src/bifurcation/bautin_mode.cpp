// SPDX-License-Identifier: MIT
#include <moebius/solve/dense.hpp>
#include <utility>

#include "critical_modes.hpp"
#include "mode_parts.hpp"

namespace moebius {
namespace {

using detail::inner;
using detail::values;
using column = std::vector<enclosed>;

column operator+(column a, const column& b) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
    return a;
}
column operator-(column a, const column& b) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
    return a;
}
column operator*(const enclosed& share, column a) {
    for (auto& each : a) each *= share;
    return a;
}

/// f along lines through a point: its derivatives there as multilinear forms A, B and C.
class forms {
public:
    forms(const critical_space& space, values x, values p) : space_(space), x_(x), p_(p) {}

    [[nodiscard]] column first(const column& v) const { return part(v, {}, 1); }
    [[nodiscard]] column half_second(const column& v) const { return part(v, {}, 2); }
    [[nodiscard]] column sixth_third(const column& v) const { return part(v, {}, 3); }
    /// C(v, v, v)/6 + B(v, z)
    [[nodiscard]] column third_order(const column& v, const column& z) const {
        return part(v, z, 3);
    }

private:
    /// Coefficient of s^k of f(x + s v + s^2 z).
    [[nodiscard]] column part(const column& v, const column& z, std::size_t k) const {
        column line(space_.size()), out(space_.size());
        detail::add_to(line, 1, v);
        if (!z.empty()) detail::add_to(line, 2, z);
        space_.along(x_, p_, line, out);
        for (auto& each : out) each = each.coefficient(k);
        return out;
    }

    const critical_space& space_;
    values x_, p_;
};

/// Parts of the unknowns behind a, b and omega, in their order.
struct manifold {
    column a, b, h11, h20_re, h20_im, h21_re, h21_im;
    enclosed omega, d;

    manifold(values own, std::size_t n) : omega(own[2 * n]), d(own.back()) {
        const auto take = [own, n](std::size_t from) {
            const auto part = own.subspan(from, n);
            return column(part.begin(), part.end());
        };
        a = take(0);
        b = take(n);
        std::size_t from = 2 * n + 1;
        for (column* each : {&h11, &h20_re, &h20_im, &h21_re, &h21_im}) {
            *each = take(from);
            from += n;
        }
    }
};

/// Real and imaginary part of C(q, q, q*) + 2 B(q, h11) + B(q*, h20), with q = a + i b:
/// C(q, q, q*) = C(a, a, a) + C(a, b, b) + i (C(a, a, b) + C(b, b, b)), by polarization.
std::pair<column, column> cubic_terms(const forms& f, const manifold& m) {
    const column aaa = f.sixth_third(m.a), bbb = f.sixth_third(m.b);
    const column plus = f.sixth_third(m.a + m.b), minus = f.sixth_third(m.a - m.b);
    const column re = 4.0 * aaa + plus + minus, im = 4.0 * bbb + plus - minus;
    return {
        re + f.third_order(m.a, 2.0 * m.h11 + m.h20_re) - aaa + f.third_order(m.b, m.h20_im) - bbb,
        im + f.third_order(m.b, 2.0 * m.h11 - m.h20_re) - bbb + f.third_order(m.a, m.h20_im) - aaa};
}

using Eigen::Index;
using Eigen::MatrixXcd;
using Eigen::VectorXcd;
using Eigen::VectorXd;

/// What is left of the complex equations of h20 or, behind them, of h21. Shape: (n).
VectorXcd left_of(const critical_mode& mode, const mode_place& at, const VectorXd& own,
                  std::size_t first, Index n) {
    const column x(at.x.begin(), at.x.end()), p(at.p.begin(), at.p.end());
    std::vector<enclosed> out(mode.equations);
    mode.evaluate(x, p, column(own.begin(), own.end()), out);
    VectorXcd left(n);
    for (auto& each : left) {
        each = {out[first].value().middle(),
                out[first + static_cast<std::size_t>(n)].value().middle()};
        ++first;
    }
    return left;
}

/// The terms of the manifold of a pair that is known, each by those before it. Newton's method
/// needs them: with h11 = 0 and h20 = 0 the cubic terms do not tell how B changes along x and p.
void solve_manifold(const critical_mode& mode, const critical_space& space, const mode_place& at,
                    VectorXd& own) {
    const auto n = static_cast<Index>(space.size());
    const std::complex<double> i(0, 1);
    const VectorXcd q = own.head(n) + i * own.segment(n, n);
    const double omega = own[2 * n];
    const Eigen::MatrixXd fx = space.jacobian(at.x, at.p);
    const auto put = [&](Index from, const VectorXcd& h) {
        own.segment(from, n) = h.real();
        own.segment(from + n, n) = h.imag();
    };

    const auto first = 2 * space.size() + 2;  // equation of h11, then h20 and h21, two parts each
    own.segment(2 * n + 1, n) = -full_lu<double>(fx).solve(left_of(mode, at, own, first, n).real());
    MatrixXcd shifted = -fx;
    shifted.diagonal().array() += 2.0 * i * omega;
    put(3 * n + 1, -full_lu<std::complex<double>>(shifted).solve(
                       left_of(mode, at, own, first + space.size(), n)));

    shifted.diagonal().array() -= i * omega;
    MatrixXcd bordered(n + 1, n + 1);
    bordered << shifted, 2.0 * i * q, q.adjoint(), 0;
    VectorXcd left(n + 1);
    left << left_of(mode, at, own, first + 3 * space.size(), n), 0;
    const VectorXcd solved = -full_lu<std::complex<double>>(bordered).solve(left);
    put(5 * n + 1, solved.head(n));
    own[7 * n + 1] = solved[n].real();
}

}  // namespace

critical_mode bautin_mode(const critical_space& space, const mode_place& at) {
    const auto pair = pair_mode(space, at);
    const std::size_t n = space.size();
    const auto size = static_cast<Eigen::Index>(n);
    Eigen::VectorXd guess = Eigen::VectorXd::Zero(7 * size + 2);
    guess.head(2 * size + 1) = pair.guess;
    const Eigen::VectorXd re = guess.head(size), im = guess.segment(size, size);
    const auto evaluate = [space, pair, re, im, n](values x, values p, values own, auto out) {
        pair.evaluate(x, p, own.first(2 * n + 1), out.first(2 * n + 2));
        const manifold m(own, n);
        const forms f(space, x, p);
        std::size_t row = 2 * n + 2;
        const auto put = [&](const column& each) {
            for (const auto& value : each) out[row++] = value;
        };
        const column aa = f.half_second(m.a), bb = f.half_second(m.b);
        put(f.first(m.h11) + 2.0 * (aa + bb));
        put(2.0 * (bb - aa) - f.first(m.h20_re) - 2.0 * m.omega * m.h20_im);
        put(2.0 * m.omega * m.h20_re - f.first(m.h20_im) -
            2.0 * (f.half_second(m.a + m.b) - aa - bb));
        const auto [cubic_re, cubic_im] = cubic_terms(f, m);
        put(-1.0 * (f.first(m.h21_re) + cubic_re) - m.omega * m.h21_im - 2.0 * m.d * m.b);
        put(m.omega * m.h21_re + 2.0 * m.d * m.a - f.first(m.h21_im) - cubic_im);
        out[row] = inner(re, m.h21_re) + inner(im, m.h21_im);
        out[row + 1] = inner(re, m.h21_im) - inner(im, m.h21_re);
    };
    critical_mode mode{guess, 7 * n + 4, evaluate, pair.rate};
    solve_manifold(mode, space, at, mode.guess);
    return mode;
}

}  // namespace moebius
