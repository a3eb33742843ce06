// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>

namespace moebius {
namespace {

constexpr std::size_t longest_words = 400;  // of what came, which may be a whole file's

}  // namespace

invalid_argument::invalid_argument(std::string_view where, std::string_view got,
                                   std::string_view needed)
    : error(fmt::format("{}: {}, but {}", where, excerpt(got, longest_words), needed)),
      where_(where) {}

invalid_argument::invalid_argument(std::string_view where, const refusal& why)
    : invalid_argument(where, why.got, why.needed) {}

io_error::io_error(std::string_view what, std::string_view reason)
    : error(fmt::format("{}: {}", excerpt(what, 4096), reason)) {}

not_compiled::not_compiled(std::string_view feature, std::string_view cmake_option)
    : error(fmt::format("{} is not in this build, but configuring with -D{}=ON adds it", feature,
                        cmake_option)) {}

device_error::device_error(std::string_view call, std::string_view reason)
    : error(fmt::format("{}: {}", call, reason)) {}

interrupted::interrupted(std::string_view where)
    : error(fmt::format("{}: interrupted before it was done", where)) {}

}  // namespace moebius
