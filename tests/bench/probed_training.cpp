// SPDX-License-Identifier: MIT
// What moments and a dither tell of the loop gain of gates that learn, beside the gain itself:
// prints the table of data/results/diagnose-moments.txt.
//
//   probed_training DATA EXPERTS BATCH SHARE DITHER RUNS FIRST_SEED
//
// DATA is digits (data/digits.csv of the folder) or teacher. Scores follow loads, K = SHARE N; the
// truth is feedback/decay times the largest eigenvalue of J over all training rows, after the last
// step, as the mean over dithers (those of the loop that runs), and without one as the mean over
// the last 99 (moments) and 800 steps (dither).
#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <cstdlib>
#include <moebius/base/parallel.hpp>
#include <moebius/diagnose/margin.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/train/model_measures.hpp>
#include <moebius/train/moe_network.hpp>
#include <moebius/train/training.hpp>
#include <string>
#include <vector>

namespace {

using namespace moebius;

constexpr std::uint64_t steps = 800, stride = 10;

struct design {
    std::string data;
    std::size_t experts, batch;
    double share, dither;
    [[nodiscard]] double feedback() const { return share * static_cast<double>(experts); }
};

labelled_data data_of(const std::string& name) {
    if (name == "digits") return labelled(read_tokens("data/digits.csv"));
    return teacher_network({.experts = 8, .width = 16, .hidden = 8, .classes = 4, .rows = 2000});
}

training_work work_of(const design& at, const std::shared_ptr<const labelled_data>& data,
                      std::uint64_t seed) {
    training_work work{data, {}, at.batch, 1, {at.dither, true}};
    training_run run;
    run.model = std::make_shared<moe_network>(
        moe_options{.width = data->width,
                    .experts = at.experts,
                    .classes = data->classes,
                    .router = {.noise = noise_law::gumbel},
                    .balance = {.switch_loss = at.experts > 4 ? 0.1 : 0.3}});
    run.rows =
        std::make_shared<std::vector<std::uint32_t>>(stratified_split(*data, 0.2, seed).train);
    run.optimiser = {.kind = optimiser_kind::adam, .rate = 1e-3};
    run.rule = {.feedback = at.feedback(), .step = 0.02};
    run.seed = seed;
    work.runs.push_back(std::move(run));
    return work;
}

/// J over all training rows; the mean over `draws` dithers of that size, each and its opposite in
/// turn, as what J has of the first order of a dither is far from averaged out by 32.
Eigen::MatrixXd slope_of(const training_work& work, const training_state& state, double dither = 0,
                         std::uint64_t draws = 1) {
    const auto& run = work.runs[0];
    const auto rows = take_rows(*work.data, *run.rows);
    const auto e = static_cast<Eigen::Index>(run.model->experts());
    Eigen::MatrixXd products = Eigen::MatrixXd::Zero(e, e);
    std::vector<double> scores(state.scores.size());
    for (std::uint64_t draw = 0; draw < draws; ++draw) {
        dither_of(draw % 2 == 0 ? dither : -dither, run.seed + 1, draw / 2, scores);
        for (std::size_t i = 0; i < scores.size(); ++i) scores[i] += state.scores[i];
        add_products(run.model->logits(state.parameters, scores, rows.inputs), scores, 1,
                     {products.data(), static_cast<std::size_t>(products.size())});
    }
    products /= products.sum();
    const Eigen::VectorXd mean = products.rowwise().sum();
    return Eigen::MatrixXd(mean.asDiagonal()) - products;
}

double largest(const Eigen::MatrixXd& of) {
    return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(of).eigenvalues().maxCoeff();
}

log_head head_of(const design& at) {
    log_head head;
    head.experts = at.experts;
    head.top_k = head.decay = head.beta = 1;
    head.tokens = static_cast<double>(at.batch);
    head.feedback = at.feedback();
    head.rate = 0.02;
    head.gate = "softmax";
    head.balancer = "feedback";
    return head;
}

struct told {
    double moments = 0, moments_low = 0, moments_high = 0, dither = 0, dither_low = 0,
           dither_high = 0;
    double now = 0, late = 0, long_ = 0;  ///< true gains: last, over 99 and over 800 steps
    double level = 0;                     ///< of 800 steps, the mean over directions
};

/// What the records of a run tell.
told told_of(const design& at, const training_state& state, std::uint64_t seed) {
    layer_margin by_moments(head_of(at)), by_dither(head_of(at));
    std::vector<double> dither(at.experts), counts(at.experts);
    for (std::uint64_t t = 0; t < steps; ++t) {
        for (std::size_t i = 0; i < at.experts; ++i)
            counts[i] =
                state.records[t * (2 + 2 * at.experts) + 2 + i] * static_cast<double>(at.batch);
        dither_of(at.dither, seed, t, dither);
        load_record record{static_cast<std::int64_t>(t), 0, counts, {}, dither, {}};
        if (at.dither > 0) by_dither.take(record);
        const auto square = at.experts * at.experts;
        record.moments = std::span(state.products).subspan(t * square, square);
        by_moments.take(record);
    }
    told out;
    const double unit = exact::balanced(at.experts, 0, 1).threshold;
    if (const auto m = by_moments.result().feedback)
        out.moments = m->value / unit, out.moments_low = m->low / unit,
        out.moments_high = m->high / unit;
    if (const auto d = by_dither.result().feedback; d && at.dither > 0)
        out.dither = d->value / unit, out.dither_low = d->low / unit,
        out.dither_high = d->high / unit;
    return out;
}

told run_one(const design& at, const std::shared_ptr<const labelled_data>& data,
             std::uint64_t seed) {
    const auto work = work_of(at, data, seed);
    const auto& run = work.runs[0];
    auto state = begin(run);
    const auto e = static_cast<Eigen::Index>(at.experts);
    Eigen::MatrixXd late = Eigen::MatrixXd::Zero(e, e), whole = late;
    for (std::uint64_t until = stride; until <= steps; until += stride) {
        advance(work, run, state, until);
        const Eigen::MatrixXd J = slope_of(work, state);
        whole += J * stride / steps;
        if (until + 100 > steps) late += J / 10;
    }
    auto out = told_of(at, state, run.seed);
    const double per = at.feedback();
    out.now = per * largest(slope_of(work, state, at.dither, at.dither > 0 ? 32 : 1));
    out.late = per * largest(late);
    out.long_ = per * largest(whole);
    out.level = per * whole.trace() / static_cast<double>(at.experts - 1);
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 8) return 2;
    const auto whole = [&](int i) { return static_cast<std::size_t>(std::atoll(argv[i])); };
    const design at{argv[1], whole(2), whole(3), std::atof(argv[4]), std::atof(argv[5])};
    const auto data = std::make_shared<const labelled_data>(data_of(at.data));
    const std::size_t runs = whole(6);
    std::vector<told> all(runs);
    parallel_for(runs, 0, [&](std::size_t r) { all[r] = run_one(at, data, whole(7) + r); });
    double truth = 0, near_m = 0, near_d = 0, in_m = 0, in_d = 0, in_late = 0, in_long = 0,
           bias_m = 0, bias_d = 0, in_level = 0, near_level = 0;
    const auto held = [](double low, double x, double high) { return low <= x && x <= high; };
    for (const auto& one : all) {
        truth += one.now;
        near_m += std::abs(one.moments / one.now - 1) <= 0.05;
        near_d += std::abs(one.dither / one.now - 1) <= 0.05;
        near_level += std::abs(one.dither / one.level - 1) <= 0.05;
        bias_m += one.moments / one.now - 1;
        bias_d += one.dither / one.now - 1;
        in_m += held(one.moments_low, one.now, one.moments_high);
        in_late += held(one.moments_low, one.late, one.moments_high);
        in_d += held(one.dither_low, one.now, one.dither_high);
        in_long += held(one.dither_low, one.long_, one.dither_high);
        in_level += held(one.dither_low, one.level, one.dither_high);
    }
    const auto n = static_cast<double>(runs);
    fmt::print(
        "{:>8} {:3} {:6} {:5} {:6} {:5} {:7.3f} | {:6.3f} {:+7.3f} {:6.3f} {:6.3f} | {:6.3f} "
        "{:+7.3f} "
        "{:6.3f} {:6.3f} | {:6.3f} {:6.3f}\n",
        at.data, at.experts, at.batch, at.share, at.dither, runs, truth / n, near_m / n, bias_m / n,
        in_m / n, in_late / n, near_d / n, bias_d / n, in_d / n, in_long / n, near_level / n,
        in_level / n);
}
