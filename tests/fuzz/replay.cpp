// SPDX-License-Identifier: MIT
// replay FOLDER...: reads every file of a corpus once, each in a process of its own that may use
// 10 seconds and 200 MB. Says which files were not answered; ends with 1 if there were any.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool limits_memory = false;  // their shadow alone is terabytes of addresses
#else
constexpr bool limits_memory = true;
#endif

std::string bytes_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

[[noreturn]] void read_in_child(const fs::path& path) {
    const auto input = bytes_of(path);
    ::alarm(10);
    const rlimit no_core{0, 0}, memory{200'000'000, 200'000'000};
    ::setrlimit(RLIMIT_CORE, &no_core);
    if (limits_memory) ::setrlimit(RLIMIT_DATA, &memory);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
    std::_Exit(0);
}

/// Whether the input was answered.
bool replay(const fs::path& path) {
    const pid_t child = ::fork();
    if (child == 0) read_in_child(path);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    std::fprintf(stderr, "%s: %s\n", path.c_str(),
                 signal == SIGALRM ? "not within 10 seconds"
                 : signal != 0     ? ::strsignal(signal)
                                   : "it failed");
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<fs::path> files;
    for (int i = 1; i < argc; ++i)
        for (const auto& entry : fs::directory_iterator(argv[i])) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    const auto bad =
        std::count_if(files.begin(), files.end(), [](const auto& f) { return !replay(f); });
    std::fprintf(stderr, "%zu files, %td not answered\n", files.size(), bad);
    return files.empty() || bad > 0 ? 1 : 0;
}
