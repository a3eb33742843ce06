// SPDX-License-Identifier: MIT
#include "session.hpp"

#include <algorithm>
#include <cctype>
#include <csignal>
#include <memory>

#include "interrupt.hpp"
#include "memory_limit.hpp"
#include "progress_line.hpp"

namespace moebius::cli {
namespace {

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

}  // namespace

bool session::asks(std::string_view flag) const {
    return (' ' + command + ' ').find(' ' + std::string(flag) + ' ') != std::string::npos;
}

moebius::watch session::watch(std::string_view what, std::string_view counted) const {
    if (until_work) throw work_begins{};
    keep_results();
    moebius::watch out;
    out.stop = &stop_requested();
    line->start(what, counted);
    out.report = [to = line](std::size_t done, std::size_t total) { to->report(done, total); };
    return out;
}

session session_of(int argc, const char* const* argv) { return {command_line(argc, argv)}; }

session begin_session(int argc, const char* const* argv) {
    open_standard_streams();
    stay_within_memory();
    catch_interrupts();
#ifdef SIGXFSZ
    std::signal(SIGXFSZ, SIG_IGN);  // a file that grows too large is an error of its write
#endif
    return session_of(argc, argv);
}

}  // namespace moebius::cli
