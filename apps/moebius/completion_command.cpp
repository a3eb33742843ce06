// SPDX-License-Identifier: MIT
// Completion of the command line in bash, zsh and fish, from the tables of options.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "commands.hpp"
#include "program.hpp"
#include "report_lines.hpp"
#include "standard_streams.hpp"

namespace moebius::cli {
namespace {

/// Within single quotes of a shell.
std::string in_quotes(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'')
            out += "'\\''";
        else
            out += c;
    }
    return out + "'";
}

std::vector<std::string> names_of(const std::vector<command>& all) {
    std::vector<std::string> names;
    for (const auto& one : all) names.push_back(one.name);
    return names;
}

std::vector<std::string> flags_of(const command& of) {
    std::vector<std::string> flags;
    for (const auto& one : of.options.all())
        if (!one.traits.positional) flags.push_back(one.flag());
    flags.emplace_back("--help");
    return flags;
}

/// Words of a shell, each whole where it has blanks.
std::string words_of(const std::vector<std::string>& choices) {
    std::string out;
    for (const auto& one : choices) {
        if (!out.empty()) out += ' ';
        for (const char c : one) out += c == ' ' ? "\\ " : std::string(1, c);
    }
    return out;
}

/// The words of an argument that stands first and has few; empty for any other command.
std::vector<std::string> first_words(const command& of) {
    for (const auto& one : of.options.all())
        if (one.traits.positional) return one.traits.choices;
    return {};
}

std::string bash_script(const std::vector<command>& all) {
    report_lines out;
    out.add(
        "# bash completion for moebius: moebius completion bash\n"
        "_moebius_words() {{  # those of them that begin as the word does\n"
        "    local each begun=${{word#[\"'\\\"\"]}}\n    begun=${{begun//\\\\/}} COMPREPLY=()\n"
        "    for each; do [[ $each != \"$begun\"* ]] || COMPREPLY+=(\"$each\"); done\n}}\n"
        "_moebius() {{\n"
        "    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}\n"
        "    [[ $word != = ]] || word= COMP_WORDS+=('') COMP_CWORD=$((COMP_CWORD + 1)) before==\n"
        "    [[ $before != = ]] || before=${{COMP_WORDS[COMP_CWORD-2]}}  # --format=json\n"
        "    if ((COMP_CWORD == 1)); then\n        _moebius_words {} --help --version\n"
        "        return\n    fi\n    case ${{COMP_WORDS[1]}}/$before in\n",
        fmt::join(names_of(all), " "));
    const auto offer = [&](const command& one, std::string_view after, const auto& words) {
        if (!words.empty())
            out.add("        {}/{}) [[ $word == -* ]] || {{ _moebius_words {}; return; }} ;;\n",
                    one.name, after, words_of(words));
    };
    for (const auto& one : all) {
        offer(one, one.name, first_words(one));
        for (const auto& option : one.options.all())
            if (!option.traits.positional) offer(one, option.flag(), option.traits.choices);
    }
    out.add("    esac\n    if [[ $word == -* ]]; then\n        case ${{COMP_WORDS[1]}} in\n");
    for (const auto& one : all)
        out.add("            {}) _moebius_words {} ;;\n", one.name, fmt::join(flags_of(one), " "));
    out.add(
        "        esac\n        return\n    fi\n"
        "    COMPREPLY=($(compgen -f -- \"$word\"))\n}}\n"
        "complete -o filenames -F _moebius moebius\n");
    return out.take();
}

/// What stands in brackets of zsh's _arguments.
std::string in_brackets(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string zsh_script(const std::vector<command>& all) {
    report_lines out;
    out.add(
        "#compdef moebius\n# zsh completion for moebius: moebius completion zsh\n"
        "if ((CURRENT == 2)); then\n    local -a commands=(\n");
    for (const auto& one : all)
        out.add("        {}\n",
                in_quotes(fmt::format("{}:{}", one.name, in_brackets(one.meaning))));
    out.add(
        "    )\n    _describe command commands\n    return\nfi\nlocal asked=${{words[2]}}\nshift "
        "words\n((CURRENT--))\ncase $asked in\n");
    for (const auto& one : all) {
        out.add("    {})\n        _arguments", one.name);
        for (const auto& option : one.options.all()) {
            if (option.traits.positional) continue;
            const bool is_flag = std::holds_alternative<bool*>(option.target);
            const auto& words = option.traits.choices;
            const auto value = is_flag         ? std::string()
                               : words.empty() ? std::string(":value:_files")
                                               : fmt::format(":value:({})", words_of(words));
            const bool many = std::holds_alternative<std::vector<std::string>*>(option.target);
            out.add(" \\\n            {}",
                    in_quotes(fmt::format("{}{}[{}]{}", many ? "*" : "", option.flag(),
                                          in_brackets(option.meaning), value)));
        }
        if (const auto words = first_words(one); !words.empty())
            out.add(" \\\n            '1:word:({})'", words_of(words));
        out.add(" \\\n            '--help[print this and end]' '*:file:_files' ;;\n");
    }
    out.add("esac\n");
    return out.take();
}

std::string fish_script(const std::vector<command>& all) {
    report_lines out;
    out.add(
        "# fish completion for moebius: moebius completion fish\n"
        "set -l moebius_commands {}\n",
        fmt::join(names_of(all), " "));
    for (const auto& one : all) {
        out.add(
            "complete -c moebius -f -n \"not __fish_seen_subcommand_from $moebius_commands\" "
            "-a {} -d {}\n",
            one.name, in_quotes(one.meaning));
        for (const auto& option : one.options.all()) {
            if (option.traits.positional) continue;
            const bool is_flag = std::holds_alternative<bool*>(option.target);
            out.add("complete -c moebius -n \"__fish_seen_subcommand_from {}\" -l {} -d {}{}",
                    one.name, option.flag().substr(2), in_quotes(option.meaning),
                    is_flag ? "" : " -r");
            if (!option.traits.choices.empty())
                out.add(" -f -a {}", in_quotes(words_of(option.traits.choices)));
            out.add("\n");
        }
        if (const auto words = first_words(one); !words.empty())
            out.add("complete -c moebius -n \"__fish_seen_subcommand_from {}\" -a {}\n", one.name,
                    in_quotes(words_of(words)));
    }
    return out.take();
}

}  // namespace

command completion_command() {
    command out{"completion", "Print what lets a shell complete the command line",
                "moebius completion bash > ~/.local/share/bash-completion/completions/moebius"};
    auto shell = std::make_shared<std::string>();
    out.options.add("SHELL", *shell, "bash, zsh or fish",
                    {.choices = {"bash", "zsh", "fish"}, .required = true, .positional = true});
    out.run = [shell](const session&) {
        const auto all = documented_commands();
        print(*shell == "bash"  ? bash_script(all)
              : *shell == "zsh" ? zsh_script(all)
                                : fish_script(all));
        return exit_code::found;
    };
    return out;
}

}  // namespace moebius::cli
