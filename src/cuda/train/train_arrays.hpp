// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <moebius/train/moe_network.hpp>
#include <moebius/train/training.hpp>
#include <utility>
#include <vector>

#include "device.hpp"
#include "train/train_kernels.hpp"

namespace moebius::gpu {

/// What runs of one launch share.
struct train_shape {
    std::size_t width, hidden, classes, experts, k, layers;
    bool gumbel, gelu, squared, controlled;
    train_optimiser optimiser;
    auto operator<=>(const train_shape&) const = default;
};

/// @pre  of a run that a device trains: a moe_network with one hidden layer
[[nodiscard]] train_shape shape_of(const training_run& run);

/// The data as kernels read them, and the rows of each list that runs train on, once each.
class train_data {
public:
    explicit train_data(const training_work& work);

    void fill(training& to) const;
    [[nodiscard]] const std::uint32_t* rows(const training_run& run) const;

private:
    std::size_t stride_;
    device_array<float> inputs_;         ///< (n, stride)
    device_array<std::uint8_t> labels_;  ///< (n)
    std::map<const void*, device_array<std::uint32_t>> rows_;
};

/// Runs that go to the device and come back together: their places among those of their shape.
struct train_slice {
    std::size_t first, count;
};

/// Memory of a launch that is kept for the next one: to free memory is to wait for all that the
/// device does.
struct train_window {
    device_array<double> feedback, records;
    staging here;  ///< that states pass through; an array of a run fits, as a block holds it
};

/// Runs of one shape on the device, and their states here, which change in `commit` alone. Slices
/// that have no run in common may be worked on by threads of their own.
class train_arrays {
public:
    train_arrays(const training_work& work, const train_shape& of,
                 std::vector<const training_run*> runs, std::vector<training_state*> states,
                 const train_data& data);

    [[nodiscard]] std::size_t runs() const noexcept { return runs_.size(); }

    /// Batches of a launch of so many runs: about a second's work, and records and schedules of up
    /// to 256 MiB.
    [[nodiscard]] std::uint64_t room(std::size_t runs) const;

    /// The first batch that is missing to any run, from the start of its row of records.
    [[nodiscard]] std::uint64_t first(const train_slice& of) const;

    /// Brings the device to where the states are.
    void upload(const train_slice& of, const train_window& window) const;

    /// Batches from .. until - 1 of each run that is there.
    void advance(const train_slice& of, std::uint64_t from, std::uint64_t until,
                 train_window& window);

    /// Brings the states to where the device is.
    void commit(const train_slice& of, const train_window& window);

private:
    void fill(const training_work& work, const train_shape& of);
    [[nodiscard]] training part(const train_slice& of) const;
    [[nodiscard]] bool fresh(const train_slice& of) const;
    [[nodiscard]] std::size_t width() const {
        return 2 + 2 * std::size_t{work_.layers} * work_.experts;
    }
    [[nodiscard]] std::vector<double> schedule(const train_slice& of, std::uint64_t from,
                                               std::uint64_t until) const;
    template <typename T>
    void gather(const device_array<T>& to, std::vector<double> training_state::*member,
                const train_slice& of, const staging& by) const;
    template <typename T>
    void scatter(const device_array<T>& from, std::vector<double> training_state::*member,
                 const train_slice& of, const staging& by) const;

    std::vector<const training_run*> runs_;
    std::vector<training_state*> states_;
    std::vector<std::uint64_t> reached_;        ///< (runs) batches
    std::vector<std::vector<double>> records_;  ///< (runs) those that states do not have yet
    device_array<train_run> each_;
    device_array<double> biases_, scores_, controls_;
    device_array<std::uint64_t> steps_;
    device_array<std::uint32_t> diverged_;
    device_array<float> parameters_, moments_;
    bool moves_ = false;  ///< feedback of a run
    training work_{};
};

}  // namespace moebius::gpu
