// SPDX-License-Identifier: MIT
#include "gnuplot.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <moebius/base/error.hpp>

namespace moebius {
namespace {

/// A file without a name: unlike a pipe it cannot fill up, so nobody waits for the other.
class scratch_file {
public:
    scratch_file() : file_(std::tmpfile(), &std::fclose) {
        if (!file_) throw io_error("a temporary file for gnuplot", std::strerror(errno));
    }
    [[nodiscard]] int descriptor() const noexcept { return ::fileno(file_.get()); }

    void fill(std::string_view bytes) {
        if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size() ||
            std::fflush(file_.get()) != 0)
            throw io_error("a temporary file for gnuplot", std::strerror(errno));
        std::rewind(file_.get());
    }
    [[nodiscard]] std::string bytes() {
        std::fseek(file_.get(), 0, SEEK_END);
        std::string out(static_cast<std::size_t>(std::ftell(file_.get())), '\0');
        std::rewind(file_.get());
        out.resize(std::fread(out.data(), 1, out.size(), file_.get()));
        return out;
    }

private:
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

/// The exit status, -1 if a signal ended it.
int wait_for(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string first_line(const std::string& text) {
    const auto from = text.find_first_not_of("\n ");
    return from == std::string::npos ? "" : text.substr(from, text.find('\n', from) - from);
}

}  // namespace

std::string run_gnuplot(const std::vector<std::string>& arguments, std::string_view script) {
    std::vector<std::string> words{"gnuplot"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);

    scratch_file input, output, complaints;
    input.fill(script);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.descriptor(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output.descriptor(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, complaints.descriptor(), STDERR_FILENO);
    pid_t child = 0;
    const int failure = ::posix_spawnp(&child, "gnuplot", &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failure == ENOENT)
        throw io_error("gnuplot", "it is not installed (Debian has it as gnuplot-nox)");
    if (failure != 0) throw io_error("gnuplot", std::strerror(failure));
    if (const int status = wait_for(child); status != 0)
        throw io_error("gnuplot",
                       fmt::format("it ended with {}: {}", status, first_line(complaints.bytes())));
    return output.bytes();
}

}  // namespace moebius
