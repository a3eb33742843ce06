// SPDX-License-Identifier: MIT
#pragma once

#include <complex>
#include <cstddef>
#include <memory>
#include <moebius/equations/host_function.hpp>
#include <span>
#include <vector>

namespace moebius::detail {

/// A host's function and its derivatives, in the shapes of field (model/field.hpp).
class complex_step {
public:
    explicit complex_step(std::shared_ptr<const host_function> of) : function_(std::move(of)) {}

    void value(std::span<const double> x, std::span<const double> p, std::span<double> out) const;
    /// To rounding: the imaginary part of f(x + i h e) / h.
    void linear(std::span<const double> x, std::span<const double> p,
                std::span<const std::size_t> free, std::span<double> f, std::span<double> fx,
                std::span<double> fp) const;
    /// Columns 0 and 1 to rounding, 2 and 3 by differences of the slope along (v, q), over 1/128 of
    /// the length `scale`.
    void along(std::span<const double> x, std::span<const double> p, std::span<const double> v,
               std::span<const double> q, double scale, std::span<double> out) const;

private:
    using complex_vector = std::vector<std::complex<double>>;
    [[nodiscard]] complex_vector at(const complex_vector& x, const complex_vector& p) const;

    std::shared_ptr<const host_function> function_;
};

}  // namespace moebius::detail
