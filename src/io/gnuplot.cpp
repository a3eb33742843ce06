// SPDX-License-Identifier: MIT
#include "gnuplot.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <moebius/base/error.hpp>

#include "child.hpp"

namespace moebius {
namespace {

/// What finds gnuplot, its libraries and the fonts; nothing that gnuplot itself would heed. The
/// date is for cairo's pictures.
std::vector<std::string> environment() {
    std::vector<std::string> out{"LC_ALL=C.UTF-8", "SOURCE_DATE_EPOCH=0"};
    for (const char* name : {"PATH", "LD_LIBRARY_PATH", "HOME", "XDG_CACHE_HOME"})
        if (const char* value = std::getenv(name)) out.push_back(fmt::format("{}={}", name, value));
    return out;
}

/// gnuplot shows the line it failed at, with a mark below it; its reason comes after.
std::string reason_in(std::string_view errors) {
    const auto to = errors.find_last_not_of("\n ");
    if (to == errors.npos) return "it gave no reason";
    const auto from = errors.rfind('\n', to);
    return std::string(errors.substr(from + 1, to - from));  // from the start if there is none
}

}  // namespace

std::string run_gnuplot(const std::vector<std::string>& arguments, std::string_view script,
                        std::chrono::milliseconds limit) {
    std::vector<std::string> words{"gnuplot", "-d"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    auto end = run_child(words, environment(), script, limit);
    if (!end.found) throw io_error("gnuplot", "it is not installed (Debian has it as gnuplot-nox)");
    if (end.in_time && end.signal == 0 && end.code == 0) return std::move(end.output);
    if (end.interrupted) throw interrupted("gnuplot");
    if (!end.in_time)
        throw io_error("gnuplot", fmt::format("it was not done after {} s and was stopped",
                                              static_cast<double>(limit.count()) / 1000));
    if (end.signal != 0)
        throw io_error("gnuplot", fmt::format("it was ended by signal {} ({})", end.signal,
                                              ::strsignal(end.signal)));
    throw io_error("gnuplot", fmt::format("it ended with {}: {}", end.code, reason_in(end.errors)));
}

}  // namespace moebius
