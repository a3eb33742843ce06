// SPDX-License-Identifier: MIT
// Test functions of a cycle's multipliers.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/continuation/cycle_equations.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/solve/product_eigenvalues.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace moebius::detail {

inline constexpr double digits_of_multipliers =
    1e-2;  ///< of the tolerance: they are superconvergent

/// The multipliers of a cycle in its space, the one of the flow apart. Of one with a rotation they
/// are those of the map over one of its `parts`, and tests are of these.
struct floquet {
    using complex = std::complex<double>;
    static constexpr double vanishing = 1e-6;  ///< |mu_1 mu_2 - 1| at an NS
    /// |mu + 1| at a PD: near homoclinic orbits multipliers change by 1e10 over a unit of the arc.
    /// A change of sign in doubling() alone says that one goes through -1.
    static constexpr double steep = 1e-2;
    /// |mu - 1| at an LPC, as steep as that: none is so near where unity() jumps over zero.
    static constexpr double nearby = 0.5;
    static constexpr double untold = 1e200;  ///< the error of those that a mesh does not tell

    std::vector<complex> others;  // by falling modulus
    double trivial = 1;
    double product_error = 0;  ///< that of the logarithm of the others' product
    Eigen::Index parts = 1;

    floquet() = default;
    explicit floquet(cycle_equations::floquet_multipliers all, Eigen::Index of_parts)
        : others(std::move(all.others)),
          trivial(all.trivial),
          product_error(all.resolved ? error_of_product(others, all.divergence) : untold),
          parts(of_parts) {}
    /// Of perturbations among which the flow is not.
    explicit floquet(std::vector<complex> all) : others(std::move(all)) {}

    /// Of the cycle of no size at a Hopf point: exp(lambda T) of the eigenvalues there, of which
    /// one of the pair is the flow's. Nothing if those of all states are not known.
    [[nodiscard]] static std::optional<floquet> at_hopf(const special_point& hopf) {
        const auto omega = coefficient_of(hopf, "omega"), period = coefficient_of(hopf, "period");
        if (!omega || !period || hopf.eigenvalues.size() != hopf.state.size()) return {};
        const complex critical(0, *omega);
        std::vector<complex> all = hopf.eigenvalues;
        const auto off = [](complex from) {
            return [from](auto l, auto r) { return std::abs(l - from) < std::abs(r - from); };
        };
        all.erase(std::min_element(all.begin(), all.end(), off(critical)));
        *std::min_element(all.begin(), all.end(), off(std::conj(critical))) = 0;
        const double most = std::log(largest_eigenvalue);
        for (auto& each : all) {
            const complex exponent = each * *period;
            each = std::polar(std::exp(std::min(exponent.real(), most)), exponent.imag());
        }
        std::sort(all.begin(), all.end(), [](auto l, auto r) { return std::abs(l) > std::abs(r); });
        return floquet(std::move(all));
    }

    /// All but the one nearest to a critical one: at a fold the one at 1 makes the fold.
    [[nodiscard]] floquet besides(complex critical) const {
        floquet rest = *this;
        const auto nearest = std::min_element(
            rest.others.begin(), rest.others.end(),
            [critical](auto l, auto r) { return std::abs(l - critical) < std::abs(r - critical); });
        if (nearest != rest.others.end()) rest.others.erase(nearest);
        return rest;
    }

    /// The argument of the pair that is nearest to the unit circle; 0 if there is none.
    [[nodiscard]] double critical_angle() const {
        double angle = 0, nearest = largest_eigenvalue;
        for (const auto mu : others)
            if (mu.imag() > 0 && std::abs(std::abs(mu) - 1) < nearest) {
                nearest = std::abs(std::abs(mu) - 1);
                angle = std::arg(mu);
            }
        return angle;
    }

    /// All but the pair nearest to exp(+-i angle).
    [[nodiscard]] floquet besides_pair(double angle) const {
        const complex critical = std::polar(1.0, angle);
        return besides(critical).besides(std::conj(critical));
    }

    /// Over the whole period, by falling modulus.
    [[nodiscard]] std::vector<complex> whole() const {
        auto result = others;
        for (auto& mu : result) mu = over_all(mu);
        return result;
    }

    /// Over the whole period, that of the flow among them.
    [[nodiscard]] std::vector<complex> all() const {
        auto result = whole();
        const double own = over_all(trivial).real();
        const auto smaller = std::find_if(result.begin(), result.end(), [own](complex mu) {
            return std::abs(mu) < std::abs(own);
        });
        result.insert(smaller, own);
        return result;
    }

    /// Distance of the trivial multiplier from 1, or of the logarithm of the others' product from
    /// Liouville's, where that is larger and more than meshes that suit the cycle leave.
    [[nodiscard]] double error() const {
        const double of_flow = std::abs(over_all(trivial) - 1.0);
        return product_error > of_flow && !suits() ? product_error : of_flow;
    }
    /// Whether their product is as near to Liouville's as on meshes that suit the cycle.
    [[nodiscard]] bool suits() const { return product_error < 1e-5; }
    /// How far the product of multipliers is from exp(divergence), the trivial one being 1. Of
    /// those beyond exp(-+extreme) no more is asked than that the rest of the product is so, too;
    /// where they are on both sides it tells nothing.
    [[nodiscard]] static double error_of_product(const std::vector<complex>& others,
                                                 double divergence) {
        constexpr double extreme = cycle_equations::floquet_multipliers::far;
        std::ptrdiff_t small = 0, large = 0;
        double rest = divergence;
        for (const auto mu : others) {
            const double size = std::log(std::abs(mu));
            if (std::abs(size) < extreme)
                rest -= size;
            else
                ++(size < 0 ? small : large);
        }
        if (small > 0 && large > 0) return 0;
        if (small > 0) return std::max(0.0, rest + extreme);
        return large > 0 ? std::max(0.0, extreme - rest) : std::abs(rest);
    }
    /// Whether the others are farther from 1 than the error of the trivial one, and than `least`.
    [[nodiscard]] bool differ_from_one(double least) const {
        const double error = std::max(10 * std::abs(trivial - 1.0), least);
        return std::all_of(others.begin(), others.end(),
                           [error](complex mu) { return std::abs(mu - 1.0) > error; });
    }
    /// log |mu| of the largest, 0 if none is outside the unit circle.
    [[nodiscard]] double largest_exponent() const {
        return others.empty() ? 0 : std::max(0.0, std::log(std::abs(others.front())));
    }
    /// How many are outside the unit circle, inside, and on it.
    struct sides {
        std::ptrdiff_t out = 0, in = 0, on = 0;
    };
    /// On it up to the error of the trivial one and to `least`.
    [[nodiscard]] sides sides_of_circle(double least) const {
        const double error = std::max(std::abs(trivial - 1.0), least);
        sides found;
        for (const auto mu : others) {
            const double off = std::abs(mu) - 1;
            ++(off > error ? found.out : off <= -error ? found.in : found.on);
        }
        return found;
    }
    /// Whether the mesh resolves every mode that needs it, to a factor of the multiplier.
    [[nodiscard]] bool are_told() const { return product_error < 1; }
    /// Whether they are on the sides of the unit circle that they seem to be on, if they are not
    /// next to it: by the error of the trivial one.
    [[nodiscard]] bool have_sides() const {
        const double error = std::abs(over_all(trivial) - 1.0);
        return are_told() &&
               (error < 1e-2 ||
                (error < 0.1 && std::all_of(others.begin(), others.end(), [error](complex mu) {
                     return std::abs(std::log(std::abs(mu))) > 10 * error;
                 })));
    }
    /// Whether the others tell anything.
    [[nodiscard]] bool resolved() const { return error() < 1e-2; }

    /// Product of (1 + mu) / (1 + |mu|).
    [[nodiscard]] double doubling() const { return doublings().all.real(); }
    /// The same where one mu is -1 all along, without it.
    [[nodiscard]] double second_doubling() const { return doublings().but_one.real(); }
    /// The smallest of the factors, with the sign of the product.
    [[nodiscard]] double nearest_doubling() const {
        smallest of;
        for (const auto mu : others) of.times((1.0 + mu) / (1 + std::abs(mu)));
        return of.signed_size();
    }

    /// The smallest of (mu nu - 1) / (1 + |mu nu|) over pairs, with the sign of their product.
    [[nodiscard]] double torus() const {
        smallest of;
        each_pair([&of](complex factor) { of.times(factor); });
        return of.signed_size();
    }
    /// The product where that of one pair is 1 all along, without it.
    [[nodiscard]] double second_torus() const { return tori().but_one.real(); }

    /// Product of (1 - mu) / (1 + |mu|).
    [[nodiscard]] double unity() const {
        complex product = 1;
        for (const auto mu : others) product *= (1.0 - mu) / (1 + std::abs(mu));
        return product.real();
    }

    /// The same where one mu is 1 all along, without it.
    [[nodiscard]] double second_unity() const {
        products of;
        for (const auto mu : others) of.times((1.0 - mu) / (1 + std::abs(mu)));
        return of.but_one.real();
    }
    /// Whether a pair is on the unit circle.
    [[nodiscard]] bool has_critical_pair() const {
        constexpr double critical = 1e-5;  // a double one is known to half the digits
        return std::any_of(others.begin(), others.end(), [](complex mu) {
            return std::abs(std::norm(mu) - 1) < critical && std::abs(mu.imag()) > critical;
        });
    }

    /// Whether one of the others is a critical one as far as its cubic coefficient needs it.
    [[nodiscard]] bool has_placed(complex critical) const {
        constexpr double placed = 1e-4;
        return std::any_of(others.begin(), others.end(),
                           [critical](complex mu) { return std::abs(mu - critical) < placed; });
    }

    /// How far from 1 or -1 a multiplier may be where it passes it between two cycles: it cannot be
    /// placed better where it falls to that from 1e12 within a step, on the same side or the other.
    [[nodiscard]] static double unplaced(const floquet& a, const floquet& b, double critical) {
        constexpr double placed = 1e-10;  // of a step, to which rounding lets one place anything
        const auto beyond = [](const floquet& end, double side) {
            std::vector<double> found;
            for (const auto mu : end.others)
                if (mu.imag() == 0 && mu.real() * side > 1) found.push_back(std::abs(mu));
            return found;  // falling
        };
        /// of the one that leaves that side, or comes to it
        const auto moved = [&](double side) {
            auto more = beyond(a, side), less = beyond(b, side);
            if (more.size() < less.size()) std::swap(more, less);
            return more.size() == less.size() + 1 ? more.back() : 0.0;
        };
        const double here = moved(critical);
        return here > 0 ? placed * std::max(here, moved(-critical)) : 0;
    }

    /// Whether what vanished is what the label says: no neutral saddle, and no test function that
    /// jumps over zero, as where nothing is known of the multipliers at one end.
    /// @param off  from unplaced, of a PD or an LPC
    [[nodiscard]] bool confirms(point_type type, double off = 0) const {
        using enum point_type;
        if (type != PD && type != LPC && type != BP && type != NS) return true;
        return std::any_of(others.begin(), others.end(), [type, off](complex mu) {
            if (type == PD) return std::abs(mu + 1.0) < std::max(steep, off);
            if (type == LPC || type == BP) return std::abs(mu - 1.0) < std::max(nearby, off);
            return std::abs(std::norm(mu) - 1) < vanishing && std::abs(mu.imag()) > vanishing;
        });
    }

    /// Factors that are no larger than 1. The product of hundreds is no measure of how near one is
    /// to zero: it changes by 1e12 over a step, and comes to 1e-290.
    struct smallest {
        complex turn = 1;
        double size = 1;
        void times(complex factor) {
            const double length = std::abs(factor);
            size = std::min(size, length);
            if (length > 0) turn *= factor / length;
        }
        [[nodiscard]] double signed_size() const { return turn.real() < 0 ? -size : size; }
    };

    /// A product, and the sum of those of all factors but one: where one factor is zero, that of
    /// the others, which needs not be told which.
    struct products {
        complex all = 1, but_one = 0;
        void times(complex factor) {
            but_one = but_one * factor + all;
            all *= factor;
        }
    };
    [[nodiscard]] products doublings() const {
        products of;
        for (const auto mu : others) of.times((1.0 + mu) / (1 + std::abs(mu)));
        return of;
    }
    [[nodiscard]] products tori() const {
        products of;
        each_pair([&of](complex factor) { of.times(factor); });
        return of;
    }
    template <typename Use>
    void each_pair(const Use& use) const {
        for (std::size_t i = 0; i < others.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) {
                const auto both = others[i] * others[j];
                use((both - 1.0) / (1 + std::abs(both)));
            }
    }

    /// mu^parts; of modulus largest_eigenvalue at most.
    [[nodiscard]] complex over_all(complex mu) const {
        complex product = mu;
        for (Eigen::Index k = 1; k < parts; ++k) {
            product *= mu;
            const double size = std::abs(product);
            if (size > largest_eigenvalue) product *= largest_eigenvalue / size;
        }
        return product;
    }

    /// The same with no flow among them: then a BP has a multiplier 1.
    [[nodiscard]] bool crosses(point_type type) const {
        if (type != point_type::BP) return confirms(type);
        return std::any_of(others.begin(), others.end(),
                           [](complex mu) { return std::abs(mu - 1.0) < vanishing; });
    }
};

}  // namespace moebius::detail
