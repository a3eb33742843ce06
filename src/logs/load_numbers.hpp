// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <moebius/base/table_memory.hpp>
#include <span>
#include <vector>

namespace moebius {

/// Numbers in memory, in 4 bytes each while float holds all of them exactly, as it does counts up
/// to 2^24: half of the pages that have to be made.
class load_numbers {
public:
    [[nodiscard]] std::size_t size() const noexcept {
        return is_wide_ ? wide_.size() : narrow_.size();
    }

    void push_back(double value) {
        const auto rounded = static_cast<float>(value);
        if (!is_wide_ && static_cast<double>(rounded) == value) return narrow_.push_back(rounded);
        if (!is_wide_) widen();
        wide_.push_back(value);
    }

    void append(std::span<const double> values) {
        if (!is_wide_ && append_narrow(values)) return;
        if (!is_wide_) widen();
        wide_.insert(wide_.end(), values.begin(), values.end());
    }

    /// Adds `count` numbers from `at` on to others.
    void add_to(std::size_t at, std::size_t count, double* to) const {
        if (is_wide_)
            for (std::size_t i = 0; i < count; ++i) to[i] += wide_.data()[at + i];
        else
            for (std::size_t i = 0; i < count; ++i)
                to[i] += static_cast<double>(narrow_.data()[at + i]);
    }

    /// Of `count` numbers from `at` on.
    [[nodiscard]] double sum(std::size_t at, std::size_t count) const {
        double out = 0;
        for (std::size_t i = at; i < at + count; ++i)
            out += is_wide_ ? wide_.data()[i] : static_cast<double>(narrow_.data()[i]);
        return out;
    }

    /// Puts them in the place of others; 0 for -0, as add_to() to zeros.
    void copy_to(std::size_t at, std::size_t count, double* to) const {
        if (is_wide_)
            for (std::size_t i = 0; i < count; ++i) to[i] = wide_.data()[at + i] + 0.0;
        else
            for (std::size_t i = 0; i < count; ++i)
                to[i] = static_cast<double>(narrow_.data()[at + i]) + 0.0;
    }

    void reserve(std::size_t count) {
        if (is_wide_)
            reserve_table(wide_, count);
        else
            reserve_table(narrow_, count);
    }

    /// Takes the first ones out.
    [[nodiscard]] load_numbers cut(std::size_t count) {
        load_numbers front;
        front.is_wide_ = is_wide_;
        front.wide_ = cut(wide_, count);
        front.narrow_ = cut(narrow_, count);
        return front;
    }

private:
    template <typename T>
    static std::vector<T> cut(std::vector<T>& from, std::size_t count) {
        const auto middle =
            from.begin() + static_cast<std::ptrdiff_t>(std::min(count, from.size()));
        std::vector<T> front(from.begin(), middle);
        from.erase(from.begin(), middle);
        return front;
    }

    /// False, and nothing is appended, where float holds not all of them.
    bool append_narrow(std::span<const double> values) {
        const std::size_t before = narrow_.size();
        narrow_.insert(narrow_.end(), values.begin(), values.end());
        const float* const kept = narrow_.data() + before;
        std::size_t others = 0;
        for (std::size_t i = 0; i < values.size(); ++i)  // in vectors, unlike one there and back
            if (static_cast<double>(kept[i]) != values.data()[i]) ++others;
        if (others > 0) narrow_.resize(before);
        return others == 0;
    }

    void widen() {
        reserve_table(wide_, std::max(narrow_.capacity(), narrow_.size() + 1));
        wide_.assign(narrow_.begin(), narrow_.end());
        narrow_ = {};
        is_wide_ = true;
    }

    std::vector<float> narrow_;
    std::vector<double> wide_;
    bool is_wide_ = false;
};

}  // namespace moebius
