// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/base/text.hpp>
#include <moebius/model/derivatives.hpp>
#include <moebius/model/field.hpp>

namespace moebius {
namespace {

void check_parameter(const field& model, const parameter_info& info, double value) {
    require(model.name()).finite(info.name, value);
    if (!(value > info.above))
        throw invalid_argument(model.name(), fmt::format("{} is {}", info.name, value),
                               fmt::format("it must be > {}", info.above));
}

/// "feedback = 1, decay = 1".
std::string listed(std::span<const parameter_info> known, std::span<const double> values) {
    std::string text;
    for (std::size_t i = 0; i < known.size(); ++i)
        text += fmt::format("{}{} = {}", i == 0 ? "" : ", ", known[i].name, values[i]);
    return text;
}

/// Squares of distances in state scales must not overflow.
constexpr double longest_reach = 1e150;

void check_reach(const field& model, std::span<const double> values) {
    const auto [low, high] = model.state_bounds(values);
    if (!std::isfinite(low) || !std::isfinite(high)) return;  // the model knows none
    const double reach = std::max(std::abs(low), std::abs(high)) / model.state_scale(values);
    if (!(reach < longest_reach))
        throw invalid_argument(model.name(),
                               fmt::format("its states reach {} times their scale at {}", reach,
                                           listed(model.parameters(), values)),
                               fmt::format("at most {} times can be computed with", longest_reach));
}

}  // namespace

void field::linear_in(std::span<const double> x, std::span<const double> p,
                      std::span<const std::size_t> free, std::span<double> f, std::span<double> fx,
                      std::span<double> fp) const {
    const std::size_t n = dimension();
    std::vector<double> all(n * p.size());
    linear(x, p, f, fx, all);
    for (std::size_t k = 0; k < free.size(); ++k)
        std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(n * free[k]), n,
                    fp.begin() + static_cast<std::ptrdiff_t>(n * k));
}

void field::curvature(std::span<const double> x, std::span<const double> p,
                      std::span<const std::size_t> free, std::span<const double> w,
                      std::span<const double> v, std::span<double> out) const {
    const auto n = static_cast<Eigen::Index>(dimension());
    const auto size = n + static_cast<Eigen::Index>(free.size());
    Eigen::VectorXd along_states = Eigen::VectorXd::Zero(size);
    along_states.head(n) = Eigen::Map<const Eigen::VectorXd>(v.data(), n);
    const multilinear forms(*this, x, p, free);
    Eigen::Map<Eigen::VectorXd>(out.data(), size) =
        forms.hessian_times(Eigen::Map<const Eigen::VectorXd>(w.data(), n), along_states);
}

std::size_t problem::index_of(std::string_view parameter) const {
    const auto known = model->parameters();
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (known[i].name == parameter) return i;
        names.push_back(known[i].name);
    }
    throw invalid_argument(
        model->name(), fmt::format("'{}' came as a parameter", parameter),
        fmt::format("the model has no such name{}", did_you_mean(parameter, names)));
}

void problem::set(std::string_view parameter, double value) {
    const std::size_t i = index_of(parameter);
    check_parameter(*model, model->parameters()[i], value);
    parameters[i] = value;
}

void check_parameters(const field& model, std::span<const double> values) {
    const auto known = model.parameters();
    if (values.size() != known.size())
        throw invalid_argument(model.name(), fmt::format("{} parameters came", values.size()),
                               fmt::format("it has {}", known.size()));
    for (std::size_t i = 0; i < known.size(); ++i) check_parameter(model, known[i], values[i]);
    if (const double scale = model.state_scale(values); !(scale > 0 && std::isfinite(scale)))
        throw invalid_argument(
            model.name(),
            fmt::format("the scale of its states is {} at {}", scale, listed(known, values)),
            "it must be a positive number that double precision holds");
    check_reach(model, values);
}

std::vector<std::string> parameter_names(const field& model) {
    std::vector<std::string> names;
    for (const auto& info : model.parameters()) names.emplace_back(info.name);
    return names;
}

problem with_defaults(std::shared_ptr<const field> model) {
    problem result{std::move(model), {}};
    for (const auto& info : result.model->parameters()) result.parameters.push_back(info.value);
    return result;
}

}  // namespace moebius
