// SPDX-License-Identifier: MIT
#pragma once

#include <complex>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace moebius {

/// Rates of change that the process knows, and no text says: of a function in Python, for instance.
/// Shapes: x (n), p (m), out (n). It takes complex numbers, so that steps off the real line are its
/// derivatives; it may be called from several threads at once, and does not throw.
using host_function = std::function<void(std::span<const std::complex<double>> x,
                                         std::span<const std::complex<double>> p,
                                         std::span<std::complex<double>> out)>;

/// A function that the line `host NAME: states` of a text means while this lives.
///
///     host 5f3a: x, y
///
/// Its first derivatives are to rounding, by complex steps (W. Squire, G. Trapp, SIAM Review 40,
/// 1998, 110). Those of second and third order are central differences of sixth order of the first,
/// over 1/128 of the text's `scale` (else 1) along a direction: to 1e-12 and 1e-11 where the
/// function changes over that length.
class hosted_function {
public:
    /// @param name  letters and digits; one that no other process has, as results carry it
    hosted_function(std::string name, host_function function);
    hosted_function(const hosted_function&) = delete;
    hosted_function& operator=(const hosted_function&) = delete;
    ~hosted_function();

private:
    std::string name_;
};

/// The function of that name; null if this process has none.
[[nodiscard]] std::shared_ptr<const host_function> find_host_function(const std::string& name);

}  // namespace moebius
