// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace moebius {

/// Root of everything moebius throws. what() is one sentence: operation, value, what is accepted.
class error : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Why a backend does not take work that is sound in itself, as the two halves of a sentence: what
/// came, and what it takes.
struct refusal {
    std::string got, needed;
};

/// A caller broke a documented precondition: "find_cusp: tolerance is -1, but it must be > 0".
class invalid_argument final : public error {
public:
    invalid_argument(std::string_view where, std::string_view got, std::string_view needed);
    invalid_argument(std::string_view where, const refusal& why);

    /// What the sentence begins with. A program may put its own word for an operation there.
    [[nodiscard]] const std::string& where() const noexcept { return where_; }

private:
    std::string where_;
};

/// The outside world failed: a file, a pipe, another program.
class io_error final : public error {
public:
    io_error(std::string_view what, std::string_view reason);
};

/// The operation belongs to a backend that this build leaves out.
class not_compiled final : public error {
public:
    not_compiled(std::string_view feature, std::string_view cmake_option);
};

/// A call to the device failed, or no device answers.
class device_error final : public error {
public:
    device_error(std::string_view call, std::string_view reason);
};

/// The caller's watch asked a long run to stop (base/watch.hpp).
class interrupted : public error {
public:
    explicit interrupted(std::string_view where);
};

/// The same, with what was computed until then: sound as far as it goes.
template <typename Result>
class cut_short final : public interrupted {
public:
    cut_short(std::string_view where, Result made) : interrupted(where), so_far(std::move(made)) {}

    Result so_far;
};

}  // namespace moebius
