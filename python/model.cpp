// SPDX-License-Identifier: MIT
//
// A shipped model by itself: its right-hand side, loads and Jacobian at states in NumPy arrays.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <moebius/model/registry.hpp>
#include <string>
#include <vector>

#include "bindings.hpp"

namespace nb = nanobind;

namespace {

using namespace moebius;

using state = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using vector = nb::ndarray<nb::numpy, double, nb::ndim<1>>;
using matrix = nb::ndarray<nb::numpy, double, nb::ndim<2>, nb::f_contig>;

/// Memory that Python gives back.
double* fresh(std::size_t size, nb::capsule& owner) {
    auto* memory = new double[size];
    owner = nb::capsule(memory, [](void* p) noexcept { delete[] static_cast<double*>(p); });
    return memory;
}

class python_model {
public:
    python_model(const std::string& name, std::size_t experts, std::size_t top_k, bool controlled)
        : on_(make_problem(name, {experts, top_k, controlled})) {}

    [[nodiscard]] std::vector<std::string> states() const {
        const auto names = on_.model->state_names();
        return {names.begin(), names.end()};
    }
    [[nodiscard]] nb::dict parameters() const {
        nb::dict out;
        const auto names = parameter_names(*on_.model);
        for (std::size_t i = 0; i < names.size(); ++i) out[names[i].c_str()] = on_.parameters[i];
        return out;
    }
    void set(const std::string& name, double value) { on_.set(name, value); }

    [[nodiscard]] vector rhs(const state& x) const {
        const auto at = checked(x);
        nb::capsule owner;
        double* out = fresh(at.size(), owner);
        on_.model->rhs(at, on_.parameters, {out, at.size()});
        return {out, {at.size()}, owner};
    }
    [[nodiscard]] vector loads(const state& x) const {
        const auto at = checked(x);
        const std::size_t experts = on_.model->experts();
        nb::capsule owner;
        double* out = fresh(experts, owner);
        on_.model->loads(at, on_.parameters, {out, experts});
        return {out, {experts}, owner};
    }
    [[nodiscard]] matrix jacobian(const state& x) const {
        const auto at = checked(x);
        const std::size_t n = at.size();
        std::vector<double> f(n), fp(n * on_.parameters.size());
        nb::capsule owner;
        double* out = fresh(n * n, owner);
        on_.model->linear(at, on_.parameters, f, {out, n * n}, fp);
        return {out, {n, n}, owner, {1, static_cast<std::int64_t>(n)}};
    }

    /// What comes in other numbers, or with strides, is copied; what is no state is refused.
    [[nodiscard]] state converted(const nb::object& x) const {
        state out;
        if (nb::try_cast(x, out)) return out;
        refuse(x);
    }
    [[nodiscard]] std::string told() const {
        return fmt::format("<moebius model {}: {} states>", on_.model->name(),
                           on_.model->dimension());
    }

private:
    [[noreturn]] void refuse(const nb::object& x) const {
        const std::string type = nb::cast<std::string>(nb::str(x.type().attr("__name__")));
        const auto needed = fmt::format("{} has {} states, float64 in an array of one dimension",
                                        on_.model->name(), on_.model->dimension());
        if (!nb::hasattr(x, "shape") || !nb::hasattr(x, "dtype"))
            throw nb::type_error(fmt::format("state: a {} came, but {}", type, needed).c_str());
        const auto shape = nb::cast<std::string>(nb::str(nb::object(x.attr("shape"))));
        const auto dtype = nb::cast<std::string>(nb::str(nb::object(x.attr("dtype"))));
        throw invalid_argument("state", fmt::format("shape {} of {} came", shape, dtype), needed);
    }

    [[nodiscard]] std::span<const double> checked(const state& x) const {
        if (x.shape(0) != on_.model->dimension())
            throw invalid_argument(
                "state", fmt::format("{} numbers came", x.shape(0)),
                fmt::format("{} has {} states", on_.model->name(), on_.model->dimension()));
        return {x.data(), x.shape(0)};
    }

    problem on_;
};

/// A method of arrays of float64 for whatever came.
template <auto method>
auto of_any(const python_model& on, const nb::object& x) {
    return (on.*method)(on.converted(x));
}

}  // namespace

void bind_model(nb::module_& m) {
    nb::class_<python_model>(m, "Model",
                             "A shipped model (moebius.models() lists them): x' = f(x, p), exact "
                             "derivatives. States are float64 arrays (n), read where they lie.")
        .def(nb::init<const std::string&, std::size_t, std::size_t, bool>(), nb::arg("name"),
             nb::kw_only(), nb::arg("experts") = 8, nb::arg("top_k") = 2,
             nb::arg("controlled") = false)
        .def_prop_ro("states", &python_model::states, "Names of the states.")
        .def_prop_ro("parameters", &python_model::parameters, "{name: value}, a copy.")
        .def("set", &python_model::set, nb::arg("name"), nb::arg("value"), "Sets a parameter.")
        .def("rhs", &python_model::rhs, nb::arg("x"), "f(x, p), (n).")
        .def("rhs", of_any<&python_model::rhs>, nb::arg("x").none())
        .def("loads", &python_model::loads, nb::arg("x"),
             "Expected shares of the experts, (experts).")
        .def("loads", of_any<&python_model::loads>, nb::arg("x").none())
        .def("jacobian", &python_model::jacobian, nb::arg("x"), "df/dx, (n, n).")
        .def("jacobian", of_any<&python_model::jacobian>, nb::arg("x").none())
        .def("__repr__", &python_model::told);
}
