// SPDX-License-Identifier: MIT
// Where the flow goes: to a state, down a potential, or around in a plane.
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/continuation/steady_state.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <moebius/model/cell_field.hpp>
#include <numeric>

#include "request.hpp"

namespace moebius::web {
namespace {

/// A model by the lead of its first expert, and by that of its controller's score if it has one. Of
/// alike others the lead obeys an equation of its own: loads depend on differences of scores only.
class lead_model {
public:
    explicit lead_model(const json& request) : at_(problem_from(request)) {
        const auto* cells = at_.model->cells();
        if (!cells) return;
        grouping groups{{{0}, std::vector<std::size_t>(cells->groups().members() - 1)}};
        std::iota(groups.groups[1].begin(), groups.groups[1].end(), std::size_t{1});
        at_ = regrouped(at_, groups);
        stride_ = 2;
    }

    [[nodiscard]] std::size_t leads() const { return at_.model->dimension() / stride_; }
    [[nodiscard]] const problem& on_groups() const { return at_; }

    /// The state whose leads are these, the others at 0.
    [[nodiscard]] std::vector<double> state(std::span<const double> leads) const {
        std::vector<double> out(at_.model->dimension());
        for (std::size_t c = 0; c < leads.size(); ++c) out[c * stride_] = leads[c];
        return out;
    }

    [[nodiscard]] std::vector<double> drift(std::span<const double> leads) const {
        const auto x = state(leads);
        std::vector<double> f(x.size());
        at_.model->rhs(x, at_.parameters, f);
        std::vector<double> out(leads.size());
        for (std::size_t c = 0; c < out.size(); ++c)
            out[c] = stride_ == 2 ? f[2 * c] - f[2 * c + 1] : f[c];
        return out;
    }

    /// Lead c along a path of states.
    [[nodiscard]] std::vector<double> lead(const table& path, std::size_t c) const {
        auto out = path.columns[1 + c * stride_];  // behind the time
        if (stride_ == 2)
            for (std::size_t i = 0; i < out.size(); ++i) out[i] -= path.columns[2 + 2 * c][i];
        return out;
    }

private:
    problem at_;
    std::size_t stride_ = 1;  // states of a lead
};

lead_model lead_from(const json& request, std::size_t leads) {
    lead_model out(request);
    if (out.leads() != leads)
        throw invalid_argument("lead", "a model of " + std::to_string(out.leads()) + " came",
                               "it must have " + std::to_string(leads));
    return out;
}

/// from, to, points: at least two.
std::vector<double> axis_from(const json& axis) {
    const auto from = axis.at("from").get<double>(), to = axis.at("to").get<double>();
    std::vector<double> out(std::max<std::size_t>(2, axis.at("points").get<std::size_t>()));
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = from + (to - from) * static_cast<double>(i) / static_cast<double>(out.size() - 1);
    return out;
}

/// Towards the first expert, along which states part.
Eigen::VectorXd push_of(const field& model, bool scores) {
    Eigen::VectorXd out = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(model.dimension()));
    out[0] = 1;
    if (scores) {
        const auto n = static_cast<Eigen::Index>(model.experts());
        out.head(n).array() -= 1.0 / static_cast<double>(n);
    }
    return out;
}

Eigen::VectorXd start_from(const json& request, const field& model) {
    const auto given = request.value("state", std::vector<double>(model.dimension()));
    if (given.size() != model.dimension())
        throw invalid_argument("state", std::to_string(given.size()) + " numbers came",
                               "the model has " + std::to_string(model.dimension()));
    return Eigen::VectorXd::Map(given.data(), static_cast<Eigen::Index>(given.size()));
}

json described(const problem& at, const Eigen::VectorXd& x, bool stable) {
    const std::vector<double> state(x.begin(), x.end());
    std::vector<double> loads(at.model->experts());
    at.model->loads(state, at.parameters, loads);
    return {
        {"equation", at.model->equation()}, {"state", state}, {"loads", loads}, {"stable", stable}};
}

}  // namespace

json settled(const json& request) {
    const auto at = problem_from(request);
    const auto x = start_from(request, *at.model);
    const auto push = push_of(*at.model, has_scores(request));
    const double scale = at.model->state_scale(at.parameters);
    steady_state flow(at);
    for (const double by : {0.0, 1e-3, 1e-2, 1e-1, 1.0})
        if (const auto rest = flow.from(x + by * scale * push);
            rest && flow.unstable_at(*rest) == 0)
            return described(at, *rest, true);
    return described(at, x, false);
}

json potential(const json& request) {
    const auto model = lead_from(request, 1);
    const auto drift = [&](double x) { return model.drift({&x, 1})[0]; };
    const auto x = axis_from(request);
    std::vector<double> f, v{0};
    for (const double at : x) f.push_back(drift(at));
    for (std::size_t i = 1; i < x.size(); ++i)  // Simpson's rule
        v.push_back(v.back() -
                    (x[i] - x[i - 1]) / 6 * (f[i - 1] + 4 * drift((x[i - 1] + x[i]) / 2) + f[i]));
    return {{"lead", x}, {"drift", f}, {"potential", v}};
}

json plane(const json& request) {
    const auto model = lead_from(request, 2);
    const auto x = axis_from(request.at("x")), y = axis_from(request.at("y"));
    json dx = json::array(), dy = json::array();
    for (const double b : y)
        for (const double z : x) {
            const auto f = model.drift(std::array{z, b});
            dx.push_back(f[0]);
            dy.push_back(f[1]);
        }
    const auto start = request.at("start").get<std::array<double, 2>>();
    const auto path =
        integrate(model.on_groups(), model.state(start), request.at("time").get<double>()).columns;
    return {{"x", x},
            {"y", y},
            {"dx", std::move(dx)},
            {"dy", std::move(dy)},
            {"path", {{"x", model.lead(path, 0)}, {"y", model.lead(path, 1)}}}};
}

}  // namespace moebius::web
