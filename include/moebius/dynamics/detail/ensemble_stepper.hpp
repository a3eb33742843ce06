// SPDX-License-Identifier: MIT
// The one adaptive stepper of ensembles, for numbers V of every backend: lane<R>
// (ensemble_lane.hpp: an instance a thread) and pack<R> (src/cpu: instances side by side).
//
// V has + - *, comparisons that give a mask (&, any), and next to it, found by its type,
//   select(mask, a, b)    a where the mask holds, b elsewhere (where a comparison met NaN, too)
//   magnitude(a)          |a|
//   log2_ratio(a, b)      log2(a/b) within 0.1 for a >= 0, b > 0, as a number L that may be
//   narrower
//                         than V; below 0 only where a < b, above 0 where a is NaN
//   times_exp2(a, e)      a 2^e within a tenth for a > 0, |e| <= 60; 0 or tiny for a = 0 <= e
//   load_gap(noise_law, a)
#pragma once

#include <cstddef>
#include <moebius/base/host_device.hpp>
#include <moebius/model/shapes.hpp>

namespace moebius::detail {

/// What all instances of an ensemble share, in the precision R that it runs in.
template <typename R>
struct ensemble_limits {
    R t_end;
    R rtol;
    R atol;
    R first_step;  ///< 0: chosen for each instance
    int max_steps;
};

/// x' = f(x, p) by Dormand and Prince's 5(4) pair with local extrapolation, the last stage of a
/// step being the first of the next, and a proportional-integral step size control.
///
/// A lane that is done, or whose step no longer moves its time, takes steps of no length, so that
/// it may wait for its neighbours without masks around every operation. A step whose error is not
/// a number is rejected; a lane that cannot get past one therefore stops early.
///
/// @cost    6 evaluations of f and 36 n multiply-adds a step
/// @source  Dormand & Prince, J. Comput. Appl. Math. 6 (1980); Hairer, Norsett & Wanner, Solving
///          Ordinary Differential Equations I (2nd ed.), II.4 (first step, error norm), II.5 (the
///          pair); Gustafsson, ACM TOMS 17 (1991) for the control
template <typename M, typename V>
class ensemble_stepper {
public:
    using R = typename V::value_type;
    static constexpr std::size_t n = M::dimension;
    static constexpr std::size_t m = parameter_count<M>;

    /// Starts at time 0. Shapes: x (n), p (m).
    MOEBIUS_HOST_DEVICE_INLINE ensemble_stepper(const ensemble_limits<R>& limits,
                                                const vec<V, n>& x, const vec<V, m>& p)
        : limits_(limits), x_(x), p_(p), slope_(M{}.rhs(x, p)), t_(R(0)), size_(LR(0)) {
        const V step = limits.first_step > R(0) ? V(limits.first_step) : first_step();
        plan(step);
    }

    /// Which lanes have not stopped.
    MOEBIUS_HOST_DEVICE_INLINE auto running() const { return next_t_ > t_; }

    /// Which lanes stopped at the end time.
    MOEBIUS_HOST_DEVICE_INLINE auto finished() const { return t_ >= V(limits_.t_end); }

    MOEBIUS_HOST_DEVICE_INLINE const vec<V, n>& state() const { return x_; }
    MOEBIUS_HOST_DEVICE_INLINE const vec<V, n>& slope() const { return slope_; }

    /// Tries one step in every lane.
    MOEBIUS_HOST_DEVICE_INLINE void advance() {
        const vec<V, n>& k1 = slope_;
        const V& h = h_;
        vec<V, n> y;
        for (std::size_t i = 0; i < n; ++i) y[i] = x_[i] + h * (R(1. / 5) * k1[i]);
        const vec<V, n> k2 = M{}.rhs(y, p_);
        for (std::size_t i = 0; i < n; ++i)
            y[i] = x_[i] + h * (R(3. / 40) * k1[i] + R(9. / 40) * k2[i]);
        const vec<V, n> k3 = M{}.rhs(y, p_);
        for (std::size_t i = 0; i < n; ++i)
            y[i] = x_[i] + h * (R(44. / 45) * k1[i] - R(56. / 15) * k2[i] + R(32. / 9) * k3[i]);
        const vec<V, n> k4 = M{}.rhs(y, p_);
        for (std::size_t i = 0; i < n; ++i)
            y[i] = x_[i] + h * (R(19372. / 6561) * k1[i] - R(25360. / 2187) * k2[i] +
                                R(64448. / 6561) * k3[i] - R(212. / 729) * k4[i]);
        const vec<V, n> k5 = M{}.rhs(y, p_);
        for (std::size_t i = 0; i < n; ++i)
            y[i] = x_[i] +
                   h * (R(9017. / 3168) * k1[i] - R(355. / 33) * k2[i] + R(46732. / 5247) * k3[i] +
                        R(49. / 176) * k4[i] - R(5103. / 18656) * k5[i]);
        const vec<V, n> k6 = M{}.rhs(y, p_);
        for (std::size_t i = 0; i < n; ++i)
            y[i] =
                x_[i] + h * (R(35. / 384) * k1[i] + R(500. / 1113) * k3[i] + R(125. / 192) * k4[i] -
                             R(2187. / 6784) * k5[i] + R(11. / 84) * k6[i]);
        const vec<V, n> k7 = M{}.rhs(y, p_);
        vec<V, n> error;
        for (std::size_t i = 0; i < n; ++i)
            error[i] =
                h * (R(71. / 57600) * k1[i] - R(71. / 16695) * k3[i] + R(71. / 1920) * k4[i] -
                     R(17253. / 339200) * k5[i] + R(22. / 525) * k6[i] - R(1. / 40) * k7[i]);
        accept(y, k7, error);
    }

private:
    /// Takes the step in the lanes whose error is tolerated, and plans the next one.
    MOEBIUS_HOST_DEVICE_INLINE void accept(const vec<V, n>& y, const vec<V, n>& k7,
                                           const vec<V, n>& error) {
        const auto size = log2_size(error, x_, y);  // of the error over what is tolerated
        const auto accepted = size < L(LR(0));
        t_ = select(accepted, next_t_, t_);
        for (std::size_t i = 0; i < n; ++i) {
            x_[i] = select(accepted, y[i], x_[i]);
            slope_[i] = select(accepted, k7[i], slope_[i]);
        }
        // h <- h 0.9 size^-0.14 size_before^0.08, by a factor of 1/5 to 10
        const L growth = L(LR(-0.152003093)) - L(LR(0.14)) * size + L(LR(0.08)) * size_;
        size_ = select(accepted, larger(size, L(LR(-13.2877124))), size_);  // at least 1e-4
        plan(times_exp2(h_, smaller(larger(growth, L(LR(-2.32192809))), L(LR(3.32192809)))));
    }

    using L = decltype(log2_ratio(V(R(1)), V(R(1))));
    using LR = typename L::value_type;

    template <typename T>
    MOEBIUS_HOST_DEVICE_INLINE static T larger(const T& a, const T& b) {
        return select(a > b, a, b);
    }
    template <typename T>
    MOEBIUS_HOST_DEVICE_INLINE static T smaller(const T& a, const T& b) {
        return select(a < b, a, b);
    }

    /// The next step is `step` long, or shorter to end at the end time exactly.
    MOEBIUS_HOST_DEVICE_INLINE void plan(const V& step) {
        const V rest = V(limits_.t_end) - t_;
        const auto last = step >= rest;
        h_ = select(last, rest, step);
        next_t_ = select(last, V(limits_.t_end), t_ + step);
    }

    MOEBIUS_HOST_DEVICE_INLINE V tolerated(const V& a, const V& b) const {
        return V(limits_.atol) + V(limits_.rtol) * larger(magnitude(a), magnitude(b));
    }

    /// log2 of the norm of v in units of what is tolerated between states a and b.
    MOEBIUS_HOST_DEVICE_INLINE L log2_size(const vec<V, n>& v, const vec<V, n>& a,
                                           const vec<V, n>& b) const {
        if constexpr (n == 1) {
            return log2_ratio(magnitude(v[0]), tolerated(a[0], b[0]));
        } else {
            V sum = V(R(0));
            for (std::size_t i = 0; i < n; ++i) {
                const V share = v[i] / tolerated(a[i], b[i]);
                sum = sum + share * share;
            }
            return L(LR(0.5)) * log2_ratio(sum, V(R(n)));
        }
    }

    /// A first guess from the sizes of x, f and, over a small Euler step, f'.
    MOEBIUS_HOST_DEVICE_INLINE V first_step() const {
        const L percent = L(LR(-6.64385619));  // log2 0.01
        const L d0 = log2_size(x_, x_, x_);
        const L d1 = log2_size(slope_, x_, x_);
        const L tiny = L(LR(-16.6096405));  // log2 1e-5
        const V by_ratio =
            times_exp2(V(R(1)), smaller(larger(percent + (d0 - d1), L(LR(-60))), L(LR(60))));
        const V small = select(d0 < tiny, V(R(1e-6)), select(d1 < tiny, V(R(1e-6)), by_ratio));
        vec<V, n> y, change;
        for (std::size_t i = 0; i < n; ++i) y[i] = x_[i] + small * slope_[i];
        const vec<V, n> after = M{}.rhs(y, p_);
        for (std::size_t i = 0; i < n; ++i) change[i] = after[i] - slope_[i];
        const L d2 = log2_size(change, x_, x_) - log2_ratio(small, V(R(1)));
        const V by_error = times_exp2(V(R(1)), L(LR(0.2)) * (percent - larger(d1, d2)));
        return smaller(R(100) * small, by_error);
    }

    ensemble_limits<R> limits_;
    vec<V, n> x_;
    vec<V, m> p_;
    vec<V, n> slope_;  ///< f at x_
    V t_;
    V h_;       ///< length of the step to try
    V next_t_;  ///< where it leads
    L size_;    ///< log2 of the last accepted step's error over what was tolerated
};

}  // namespace moebius::detail
