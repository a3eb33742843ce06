// SPDX-License-Identifier: MIT
//
// A function of Python's as the rates of change of a model.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/complex.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <complex>
#include <limits>
#include <memory>
#include <moebius/equations/host_function.hpp>
#include <mutex>
#include <span>
#include <string>
#include <utility>

#include "bindings.hpp"
#include "interrupt.hpp"

namespace nb = nanobind;

namespace {

using namespace moebius;
using complex = std::complex<double>;
using vector = nb::ndarray<nb::numpy, complex, nb::ndim<1>>;
using rates = nb::ndarray<const complex, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

std::mutex failing;
std::exception_ptr failure;  // of the run at hand

/// A copy, which the function may keep or change.
nb::object array_of(std::span<const complex> values) {
    auto* memory = new complex[values.size()];
    std::copy(values.begin(), values.end(), memory);
    const nb::capsule owner(memory, [](void* p) noexcept { delete[] static_cast<complex*>(p); });
    return nb::cast(vector(memory, {values.size()}, owner));
}

/// What fails once ends the run: from there on there are no numbers.
void call(const nb::callable& function, std::span<const complex> x, std::span<const complex> p,
          std::span<complex> out) {
    std::fill(out.begin(), out.end(), std::numeric_limits<double>::quiet_NaN());
    const nb::gil_scoped_acquire python;
    {
        const std::lock_guard lock(failing);
        if (failure) return;
    }
    try {
        const auto found = nb::cast<rates>(function(array_of(x), array_of(p)));
        std::copy_n(found.data(), std::min(found.shape(0), out.size()), out.begin());
    } catch (...) {
        const std::lock_guard lock(failing);
        failure = std::current_exception();
        cli::request_stop();
    }
}

class python_function {
public:
    python_function(std::string name, nb::callable function)
        : hosted_(std::move(name), [held = kept(std::move(function))](auto x, auto p, auto out) {
              call(*held, x, p, out);
          }) {}

private:
    /// Freed by whoever is last, which may be a thread that holds no lock of Python's.
    static std::shared_ptr<const nb::callable> kept(nb::callable function) {
        return {new nb::callable(std::move(function)), [](const nb::callable* of) {
                    const nb::gil_scoped_acquire python;
                    delete of;
                }};
    }

    hosted_function hosted_;
};

}  // namespace

std::exception_ptr take_failure() {
    const std::lock_guard lock(failing);
    return std::exchange(failure, nullptr);
}

void bind_function(nb::module_& m) {
    nb::class_<python_function>(m, "Function",
                                "The function that a line `host NAME: states` of a text means "
                                "while this lives.")
        .def(nb::init<std::string, nb::callable>(), nb::arg("name"), nb::arg("function"));
}
