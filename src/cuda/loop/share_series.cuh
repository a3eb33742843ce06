// SPDX-License-Identifier: MIT
#pragma once

#include "follow.cuh"

namespace moebius::gpu {

/// 2^32 first_share near an anchor by its Taylor series: a few multiplications where erfc takes a
/// hundred, on the one path of a step that nothing hides.
///
/// Scores move little in a step, so an anchor serves many. Truncation is below 2e-18, an hundredth
/// of the rounding of first_share itself.
class share_series {
public:
    __device__ explicit share_series(noise law) : law_(law) {}

    __device__ double at(double z) {
        if (law_ == noise::none || !isfinite(z)) return 0x1p32 * first_share(law_, z);
        double d = z - anchor_;
        if (!(fabs(d) < 0x1p-8)) {
            move_to(z);
            d = 0;
        }
        const double square = d * d;  // Estrin's scheme: three steps deep, not five
        const double high = fma(terms_[5], d, terms_[4]), middle = fma(terms_[3], d, terms_[2]);
        return fma(fma(high, square, middle), square, fma(terms_[1], d, terms_[0]));
    }

private:
    static constexpr int order = 5;

    __device__ void move_to(double z) {
        anchor_ = z;
        terms_[0] = first_share(law_, z);
        if (law_ == noise::softmax) {  // p' = p - p^2
#pragma unroll
            for (int k = 0; k < order; ++k) {
                double square = 0;
#pragma unroll
                for (int i = 0; i <= k; ++i) square = fma(terms_[i], terms_[k - i], square);
                terms_[k + 1] = (terms_[k] - square) / (k + 1);
            }
        } else {  // p' = g = exp(-z^2/4) / (2 sqrt(pi)), g' = -z g / 2
            double before = 0, g = exp(-z * z / 4) * 0.28209479177387814347;
#pragma unroll
            for (int k = 0; k < order; ++k) {
                terms_[k + 1] = g / (k + 1);
                const double next = -(z * g + before) / (2 * (k + 1));
                before = g;
                g = next;
            }
        }
#pragma unroll
        for (double& term : terms_) term *= 0x1p32;
    }

    noise law_;
    double anchor_ = NAN;
    double terms_[order + 1] = {};
};

}  // namespace moebius::gpu
