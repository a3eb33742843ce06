// SPDX-License-Identifier: MIT
#include "session.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <moebius/base/error.hpp>
#include <string_view>
#include <utility>

namespace moebius::cli {
namespace {

std::atomic<bool> stop_flag{false};
static_assert(std::atomic<bool>::is_always_lock_free, "the signal handler writes it");

extern "C" void on_interrupt(int) { stop_flag.store(true, std::memory_order_relaxed); }

/// As a shell would need it to be the same word again.
std::string shell_word(std::string_view word) {
    constexpr std::string_view plain = "=:,.+-_/@%";
    const bool safe = !word.empty() && std::all_of(word.begin(), word.end(), [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || plain.find(c) != plain.npos;
    });
    if (safe) return std::string(word);
    std::string out = "'";
    for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

/// Results are the same for any number of threads and stops, down to the command they quote.
std::string command_line(int argc, const char* const* argv) {
    std::string out = "moebius";
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const auto names = [&](std::string_view option) {
            return word == option || (word.starts_with(option) && word[option.size()] == '=');
        };
        if (names("--threads") || names("--checkpoint")) {
            if (word.find('=') == word.npos) ++i;
            continue;
        }
        out += ' ';
        out += shell_word(word);
    }
    return out;
}

/// One line that is redrawn in place and wiped at the end, with what was done a second.
class progress_bar {
public:
    explicit progress_bar(std::string what) : what_(std::move(what)) {}
    void draw(std::size_t done, std::size_t total) {
        constexpr int width = 40;
        if (total == 0) return;
        const int percent = static_cast<int>(100 * done / total);
        if (percent == std::exchange(shown_, percent)) return;
        const std::string full(static_cast<std::size_t>(width * percent / 100), '#');
        if (done < total)
            fmt::print(stderr, "\r{} [{:.<{}}] {:3}%  {:.3g}/s ", what_, full, width, percent,
                       static_cast<double>(done) / seconds());
        else
            fmt::print(stderr, "\r{:{}}\r", "", what_.size() + width + 20);
        std::fflush(stderr);
    }

private:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - from_).count();
    }

    std::string what_;
    std::chrono::steady_clock::time_point from_ = std::chrono::steady_clock::now();
    int shown_ = -1;
};

/// A terminal, and no NO_COLOR.
bool may_color(int descriptor) {
    const char* no_color = std::getenv("NO_COLOR");
    return ::isatty(descriptor) != 0 && (no_color == nullptr || *no_color == '\0');
}

}  // namespace

bool session::asks(std::string_view flag) const {
    return (' ' + command + ' ').find(' ' + std::string(flag) + ' ') != std::string::npos;
}

void session::check(const char* what) const {
    if (stop->load()) throw interrupted(what);
}

moebius::watch session::watch(std::string what) const {
    moebius::watch out;
    out.stop = stop;
    if (::isatty(STDERR_FILENO) != 0)
        out.report = [bar = progress_bar(std::move(what))](
                         std::size_t done, std::size_t total) mutable { bar.draw(done, total); };
    return out;
}

session begin_session(int argc, const char* const* argv) {
    struct sigaction action = {};
    action.sa_handler = on_interrupt;
    action.sa_flags = static_cast<int>(SA_RESETHAND);  // the next one ends the program
    ::sigaction(SIGINT, &action, nullptr);
#ifdef SIGXFSZ
    std::signal(SIGXFSZ, SIG_IGN);  // a file that grows too large is an error of its write
#endif
    return {command_line(argc, argv), &stop_flag};
}

void tell(std::string_view sentence) {
    const bool color = may_color(STDERR_FILENO);
    fmt::print(stderr, "{}moebius: {}{}\n", color ? "\x1b[1;31m" : "", color ? "\x1b[0m" : "",
               sentence);
}

}  // namespace moebius::cli
