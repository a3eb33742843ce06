// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <limits>
#include <memory>
#include <moebius/base/enclosed.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moebius {

/// What a parameter of a model is called, means, starts as and may be.
struct parameter_info {
    std::string_view name;     ///< the word used in the command line, in JSON and in C++
    std::string_view symbol;   ///< the letter used in formulas
    std::string_view meaning;  ///< one phrase
    double value;              ///< default
    double above = -std::numeric_limits<double>::infinity();  ///< must be larger than this
};

class cell_field;

/// Where field::structured writes. Shapes: f, diagonal (n); left, right (n, rank) and fp (n, free)
/// column-major.
struct structured_terms {
    std::span<double> f, diagonal, left, right, fp;
};

/// An autonomous vector field x' = f(x, p) with its type forgotten: all that the solvers see.
///
/// Shapes: x (n), p (m); matrices column-major. Implementations are immutable, so that threads
/// share them. None of the calls checks or throws; a bad parameter is found by check_parameters.
/// They are made from a model type by field_of (model/model.hpp).
class field {
public:
    virtual ~field() = default;

    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual std::string_view equation() const = 0;  ///< as a reader writes it
    [[nodiscard]] virtual std::size_t dimension() const = 0;      ///< n
    [[nodiscard]] virtual std::span<const std::string_view> state_names() const = 0;
    [[nodiscard]] virtual std::span<const parameter_info> parameters() const = 0;  ///< m of them

    /// out (n) = f(x, p).
    virtual void rhs(std::span<const double> x, std::span<const double> p,
                     std::span<double> out) const = 0;

    /// f (n), fx (n, n) = df/dx and fp (n, m) = df/dp in one call.
    virtual void linear(std::span<const double> x, std::span<const double> p, std::span<double> f,
                        std::span<double> fx, std::span<double> fp) const = 0;

    /// The same with df/dp of the parameters at the positions `free` only. Shape: fp (n, free).
    /// Unless a model knows better, from linear.
    virtual void linear_in(std::span<const double> x, std::span<const double> p,
                           std::span<const std::size_t> free, std::span<double> f,
                           std::span<double> fx, std::span<double> fp) const;

    /// Taylor coefficients of s -> f(x + s v, p + s q). Shapes: v (n), q (m), out (n, 4) with
    /// column k for s^k; column 2 is half the second derivative along (v, q), column 3 a sixth of
    /// the third.
    virtual void along(std::span<const double> x, std::span<const double> p,
                       std::span<const double> v, std::span<const double> q,
                       std::span<double> out) const = 0;

    /// out (n) = f(x, p) over enclosures: the true values, with all that rounding does.
    /// @return false if the model has no closed form, or does not know it over enclosures
    [[nodiscard]] virtual bool enclose(std::span<const enclosed> /*x*/,
                                       std::span<const enclosed> /*p*/,
                                       std::span<enclosed> /*out*/) const {
        return false;
    }

    /// The rank of a Jacobian that the model knows as diag(diagonal) + left right^T; 0 if it does
    /// not. Solvers then take `structured` in place of `linear`: work and memory grow like n.
    [[nodiscard]] virtual std::size_t jacobian_rank() const { return 0; }

    /// f, the Jacobian in its parts, and df/dp of the parameters at the positions `free` only.
    virtual void structured(std::span<const double> /*x*/, std::span<const double> /*p*/,
                            std::span<const std::size_t> /*free*/,
                            const structured_terms& /*out*/) const {}

    /// The row w^T f''(v, .) over the states and the parameters at `free`; v is along the states.
    /// Shapes: w, v (n), out (n + free). Unless a model knows better, from n + free calls of along.
    virtual void curvature(std::span<const double> x, std::span<const double> p,
                           std::span<const std::size_t> free, std::span<const double> w,
                           std::span<const double> v, std::span<double> out) const;

    /// Number of experts whose loads the model knows; 0 for a model that is not a router.
    [[nodiscard]] virtual std::size_t experts() const = 0;

    /// Expected loads (shares, summing to 1). Shape: out (experts).
    virtual void loads(std::span<const double> x, std::span<const double> p,
                       std::span<double> out) const = 0;

    /// What one expert can have of all loads at most: 1/k where tokens go to exactly k experts.
    [[nodiscard]] virtual double most_load() const { return 1; }

    /// The length over which the field changes noticeably; sets the unit of steps along x.
    [[nodiscard]] virtual double state_scale(std::span<const double> p) const = 0;

    /// Whether that is the model's own knowledge, and not the 1 of a model that says nothing.
    [[nodiscard]] virtual bool knows_scale() const { return true; }

    /// The same for each state, where they differ by orders of magnitude. Shape: out (n).
    /// @return false if the model knows one for all of them, or none
    [[nodiscard]] virtual bool state_scales(std::span<const double> /*p*/,
                                            std::span<double> /*out*/) const {
        return false;
    }

    /// An interval that holds every equilibrium's every coordinate, or an infinite one.
    [[nodiscard]] virtual std::pair<double, double> state_bounds(
        std::span<const double> p) const = 0;
    [[nodiscard]] static std::pair<double, double> unbounded() noexcept {
        return {-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
    }

    /// The state that would rest if the loads were held at `loads`, for a model whose states answer
    /// to loads alone: where a search for unequal states starts. Shapes: loads (experts), out (n).
    /// @return false if the model does not know one
    [[nodiscard]] virtual bool rest(std::span<const double> /*loads*/,
                                    std::span<const double> /*p*/,
                                    std::span<double> /*out*/) const {
        return false;
    }

    /// The state that the model names as a start: where a search looks first. Shape: out (n).
    /// @return false if it names none
    [[nodiscard]] virtual bool initial(std::span<double> /*out*/) const { return false; }

    /// The field as one of interchangeable cells (model/cell_field.hpp); null if it is none.
    [[nodiscard]] virtual const cell_field* cells() const { return nullptr; }
};

/// A model and the values of its parameters.
struct problem {
    std::shared_ptr<const field> model;
    std::vector<double> parameters;  ///< in the order of model->parameters()

    /// Position of a parameter in `parameters`.
    /// @throws invalid_argument for an unknown name, offering the nearest
    [[nodiscard]] std::size_t index_of(std::string_view parameter) const;

    /// Sets one parameter by name.
    /// @throws invalid_argument for an unknown name, a value that is not finite or not allowed
    void set(std::string_view parameter, double value);
};

/// @throws invalid_argument if a value is not finite or lies outside what the model allows
void check_parameters(const field& model, std::span<const double> values);

/// The names of all parameters, in the model's order.
[[nodiscard]] std::vector<std::string> parameter_names(const field& model);

/// A problem with the model's default parameters.
[[nodiscard]] problem with_defaults(std::shared_ptr<const field> model);

}  // namespace moebius
