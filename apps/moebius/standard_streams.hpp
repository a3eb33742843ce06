// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace moebius::cli {

/// Nobody reads the standard output any more, as behind `| head -1`.
class closed_pipe final : public std::exception {
public:
    [[nodiscard]] const char* what() const noexcept override {
        return "nobody reads the standard output";
    }
};

/// Gives closed standard streams a descriptor of their own, so that no file gets it; what is
/// written there still fails. A pipe that nobody reads is an error of its write from here on.
void open_standard_streams();

/// Writes all bytes to the standard output.
/// @throws closed_pipe, io_error if they do not all get there
void print(std::string_view bytes);

/// One sentence to the person at the terminal, on the standard error, with control characters
/// escaped. Where it cannot be written it is lost: it never stops the work.
void tell(std::string_view sentence) noexcept;

/// The same of a file that is read, unless this command told it: it may read it twice, or be a
/// point of a sweep, which all read the same. So it is said past what takes a thread's words.
void tell_once(std::string_view sentence);

/// Takes what print() and tell() say while it lives, in place of the standard streams: for a host
/// that shows it in its own way. One at a time of the whole process, whose command begins with it,
/// and one of each thread, which takes what that thread says.
class taken_words {
public:
    enum class of { process, thread };

    explicit taken_words(of whom = of::process);
    taken_words(const taken_words&) = delete;
    taken_words& operator=(const taken_words&) = delete;
    ~taken_words();

    std::string printed;  ///< by print()
    std::string told;     ///< by tell(), a line each

private:
    of whom_;
};

/// Puts a text into the terminal's last line, in place of what was drawn before; tell() wipes it.
void draw_line(std::string_view text);
void wipe_line() noexcept;

}  // namespace moebius::cli
