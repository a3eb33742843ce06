// SPDX-License-Identifier: MIT
// Manual pages, from the tables of options.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/result.hpp>
#include <system_error>

#include "command_line.hpp"
#include "commands.hpp"
#include "program.hpp"
#include "report_lines.hpp"

namespace moebius::cli {
namespace {

/// As roff shows it letter by letter.
std::string roff(std::string_view text) {
    std::string out;
    if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else
            out += c;
    }
    return out;
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

void add_head(std::string_view name, std::string_view meaning, report_lines& out) {
    out.add(".TH {} 1 \"\" \"moebius {}\" \"moebius\"\n.SH NAME\n{} \\- {}\n",
            upper(std::string(name)), version(), roff(name), roff(meaning));
}

void add_option(const option& one, report_lines& out) {
    const auto name = one.traits.positional ? one.name : one.flag();
    const std::string value = type_of(one);
    out.add(".TP\n\\fB{}\\fR{}\n{}\n", roff(name),
            one.traits.positional || value.empty() ? "" : fmt::format(" \\fI{}\\fR", roff(value)),
            roff(one.meaning));
    if (!one.traits.choices.empty())
        out.add("(one of: {})\n", roff(fmt::format("{}", fmt::join(one.traits.choices, ", "))));
    if (const auto shown = shown_default(one); !shown.empty())
        out.add(".br\nDefault: {}\n", roff(shown));
}

std::string page_of(const command& of) {
    report_lines out;
    add_head("moebius-" + of.name, of.meaning, out);
    out.add(".SH SYNOPSIS\n.B moebius {}\n[\\fIOPTION\\fR]...", roff(of.name));
    for (const auto& one : of.options.all())
        if (one.traits.positional) out.add(" \\fI{}\\fR", roff(one.name));
    out.add("\n.SH OPTIONS\n");
    for (const auto& one : of.options.all()) add_option(one, out);
    out.add(
        ".TP\n\\fB\\-\\-help\\fR\nprint a summary of this page\n.SH EXAMPLE\n.EX\n{}\n.EE\n"
        ".SH SEE ALSO\n.BR moebius (1)\n",
        roff(of.example));
    return out.take();
}

std::string page_of_all(const std::vector<command>& all) {
    report_lines out;
    add_head("moebius", "how far a Mixture-of-Experts router is from collapse", out);
    out.add(".SH SYNOPSIS\n.B moebius\n\\fICOMMAND\\fR [\\fIOPTION\\fR]...\n.SH COMMANDS\n");
    for (const auto& one : all)
        out.add(".TP\n.BR moebius\\-{} (1)\n{}\n", roff(one.name), roff(one.meaning));
    out.add(".SH NOTES\n.nf\n");
    const std::string_view text = program_notes();
    for (std::size_t from = 0; from < text.size();) {
        const auto end = std::min(text.find('\n', from), text.size());
        out.add("{}\n", roff(text.substr(from, end - from)));
        from = end + 1;
    }
    out.add(".fi\n");
    return out.take();
}

}  // namespace

command man_command() {
    command out{"man", "Write the manual pages", "moebius man ~/.local/share/man/man1"};
    auto folder = std::make_shared<std::string>();
    out.options.add("FOLDER", *folder, "where the pages go, one a command; it is made",
                    {.names_file = true, .required = true, .positional = true});
    out.run = [folder](const session&) {
        const std::filesystem::path to(*folder);
        std::error_code failed;
        std::filesystem::create_directories(to, failed);
        if (failed) throw io_error(*folder, failed.message());
        const auto all = documented_commands();
        write_file(to / "moebius.1", page_of_all(all));
        for (const auto& one : all)
            write_file(to / fmt::format("moebius-{}.1", one.name), page_of(one));
        return exit_code::found;
    };
    return out;
}

}  // namespace moebius::cli
