// SPDX-License-Identifier: MIT
#include "statements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>

namespace moebius::detail {
namespace {

using kind = statement::kind;

/// XPPAUT's commands, told by how they begin, the longer beginnings first.
struct command_info {
    std::string_view begins;
    std::string_view is;  ///< what it declares; empty: it is read
};
constexpr std::array not_supported{command_info{"gr", "groups"},
                                   command_info{"g", "global flags"},
                                   command_info{"ma", "Markov variables"},
                                   command_info{"w", "Wiener variables"},
                                   command_info{"ta", "tables"},
                                   command_info{"so", "algebraic equations"},
                                   command_info{"specia", "special functions of arrays"},
                                   command_info{"v", "Volterra's integrals"},
                                   command_info{"ex", "functions of other programs"},
                                   command_info{"k", "kernels"}};
/// These change no right-hand side: what is plotted, presets, conditions of boundary values.
constexpr std::array ignored_commands{"se", "on", "op", "b"};

bool is_name(std::string_view text) {
    const auto begins = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return !text.empty() && begins(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
        return begins(c) || (c >= '0' && c <= '9') || c == '.';
    });
}

std::string without_blanks(std::string_view text) {
    std::string out(text);
    out.erase(std::remove(out.begin(), out.end(), ' '), out.end());
    return out;
}

class statement_reader {
public:
    statement_reader(std::string_view file, std::vector<statement>& to) : file_(file), to_(to) {}

    void read(const model_line& line) {
        line_ = line.number;
        const std::string_view text = line.text;
        if (text[0] == '@') return read_options(text.substr(1));
        if (text[0] == '%') return to_.push_back({kind::ignored, line_, "%"});
        refuse_integrals(text);
        if (const auto equals = text.find('=');
            equals != std::string_view::npos && trimmed(text.substr(0, equals)) == "0")
            refuse("0 = came", "algebraic equations are not supported");
        if (text[0] == '!') return define(kind::derived, text.substr(1), "!name = expression");
        const std::size_t end = std::min(text.find_first_of(" =/'("), text.size());
        const auto rest = trimmed(text.substr(end));
        if (rest.empty() || (text[end] == ' ' && rest[0] != '='))
            return read_command(text.substr(0, end), rest);
        switch (rest[0]) {
            case '/':
                return read_fraction(text, end);
            case '\'':
                return define(kind::rate, text.substr(0, end), rest, "name' = expression");
            case '(':
                return read_parentheses(text.substr(0, end), rest);
            default:
                return define(kind::fixed, text, "name = expression");
        }
    }

private:
    [[noreturn]] void refuse(const std::string& got, std::string_view needed) const {
        throw invalid_argument(place_of(file_, line_), got, needed);
    }

    void refuse_integrals(std::string_view text) const {
        const auto packed = without_blanks(in_small_letters(text));
        if (packed.find("int{") != std::string::npos || packed.find("int[") != std::string::npos)
            refuse("int{} came", "Volterra's integrals are not supported");
    }

    void add(kind what, std::string_view name, std::string_view text,
             std::vector<std::string> arguments = {}) {
        name = trimmed(name);
        const bool used = what != kind::auxiliary;  // what is plotted may be called as one likes
        if (used && !is_name(name))
            refuse(fmt::format("'{}' came as a name", excerpt(name)),
                   "a name has letters, digits, '_' and '.', a letter or '_' first");
        to_.push_back({what, line_, std::string(name), in_small_letters(trimmed(text)),
                       std::move(arguments)});
    }

    /// What comes after '=' in `rest`.
    void define(kind what, std::string_view name, std::string_view rest, std::string_view needed,
                std::vector<std::string> arguments = {}) {
        const std::size_t equals = rest.find('=');
        if (equals == std::string_view::npos)
            refuse(fmt::format("'{}' came", excerpt(rest)), fmt::format("{} is needed", needed));
        add(what, name, rest.substr(equals + 1), std::move(arguments));
    }
    void define(kind what, std::string_view text, std::string_view needed) {
        define(what, text.substr(0, text.find('=')), text, needed);
    }

    /// dx/dt = expression
    void read_fraction(std::string_view text, std::size_t end) {
        const auto over = trimmed(text.substr(end + 1));
        if ((text[0] != 'd' && text[0] != 'D') || !in_small_letters(over).starts_with("dt"))
            refuse(fmt::format("'{}' came", excerpt(text)), "dx/dt = expression is needed");
        define(kind::rate, text.substr(1, end - 1), over, "dx/dt = expression");
    }

    /// x(t+1) = , x(0) = or f(x, y) =
    void read_parentheses(std::string_view name, std::string_view rest) {
        const std::size_t close = rest.find(')');
        if (close == std::string_view::npos)
            refuse(fmt::format("'{}' came", excerpt(rest)), "')' is needed");
        const auto inside = without_blanks(in_small_letters(rest.substr(1, close - 1)));
        const auto after = rest.substr(close + 1);
        if (inside == "t+1") return define(kind::next, name, after, "x(t+1) = expression");
        if (inside == "0") return define(kind::initial, name, after, "x(0) = expression");
        std::vector<std::string> arguments;
        for (const auto part : parts_of(inside, ',')) {
            if (!is_name(part))
                refuse(fmt::format("'{}' came as an argument", excerpt(part)), "a name is needed");
            arguments.emplace_back(part);
        }
        define(kind::function, name, after, "f(x, y) = expression", std::move(arguments));
    }

    void read_command(std::string_view word, std::string_view rest) {
        const auto command = in_small_letters(word);
        const auto begins = [&](std::string_view with) { return command.starts_with(with); };
        if (command == "loads") return define(kind::load, rest, "loads name = expression");
        if (command == "bounds") return read_bounds(rest);
        if (command == "scale")
            return to_.push_back({kind::scale, line_, "scale", in_small_letters(rest)});
        if (command == "positive") return read_list(kind::positive, rest, "");
        if (command == "host") return read_host(rest);
        if (begins("p")) return read_list(kind::parameter, rest, "0");
        if (begins("n")) return read_list(kind::number, rest, "0");
        if (begins("i")) return read_list(kind::initial, rest, "0");
        if (begins("au")) return define(kind::auxiliary, rest, "aux name = expression");
        for (const auto& [beginning, is] : not_supported)
            if (begins(beginning))
                refuse(fmt::format("{} came", excerpt(command)),
                       fmt::format("{} are not supported", is));
        for (const std::string_view beginning : ignored_commands)
            if (begins(beginning)) return to_.push_back({kind::ignored, line_, command});
        if (rest.find('=') == std::string_view::npos)  // a title, or a line of another program's
            return to_.push_back({kind::ignored, line_, std::string(word)});
        refuse(fmt::format("'{} {}' came", excerpt(word), excerpt(rest)),
               "a line is a definition, as x' = y, or a declaration, as par a = 1");
    }

    void read_bounds(std::string_view rest) {
        int depth = 0;
        for (std::size_t i = 0; i < rest.size(); ++i) {
            depth += rest[i] == '(' ? 1 : rest[i] == ')' ? -1 : 0;
            if (rest[i] != ',' || depth != 0) continue;
            to_.push_back({kind::bounds, line_, "low", in_small_letters(rest.substr(0, i))});
            to_.push_back({kind::bounds, line_, "high", in_small_letters(rest.substr(i + 1))});
            return;
        }
        refuse(fmt::format("'{}' came", excerpt(rest)), "bounds low, high is needed");
    }

    /// host NAME: x, y
    void read_host(std::string_view rest) {
        const std::size_t colon = std::min(rest.find(':'), rest.size());
        statement host{kind::host, line_, std::string(trimmed(rest.substr(0, colon)))};
        for (const auto part : parts_of(rest.substr(std::min(colon + 1, rest.size())), ',')) {
            const auto state = trimmed(part);
            if (!is_name(state))
                refuse(fmt::format("'host {}' came", excerpt(rest)), "host NAME: states is needed");
            host.arguments.emplace_back(state);
        }
        to_.push_back(std::move(host));
    }

    /// a=1, b = 2 c=3; d: what follows a name without '=' is the next one.
    void read_list(kind what, std::string_view rest, std::string_view missing) {
        const auto take = [&](std::string_view until) {
            const auto part = rest.substr(0, rest.find_first_of(until));
            rest = trimmed(rest.substr(part.size()));
            return part;
        };
        while (!rest.empty()) {
            if (rest[0] == ',' || rest[0] == ';') {
                rest = trimmed(rest.substr(1));
                continue;
            }
            const auto name = take(" ,;=");
            std::string_view value = missing;
            if (!rest.empty() && rest[0] == '=') {
                rest = trimmed(rest.substr(1));
                value = take(" ,;");
                if (value.empty() || what == kind::positive)
                    refuse(fmt::format("'{}=' came", excerpt(name)),
                           what == kind::positive ? "names alone are needed" : "a value is needed");
            }
            add(what, name, value);
        }
    }

    /// a=1, b=2 of a line @.
    void read_options(std::string_view text) {
        std::string packed;  // without blanks beside '='
        for (const char c : text) {
            while (c == '=' && packed.ends_with(' ')) packed.pop_back();
            if (c != ' ' || !packed.ends_with('=')) packed += c;
        }
        std::replace(packed.begin(), packed.end(), ',', ' ');
        for (const auto part : parts_of(packed, ' ')) {
            if (part.empty()) continue;
            const std::size_t equals = std::min(part.find('='), part.size());
            to_.push_back({kind::option, line_, in_small_letters(part.substr(0, equals)),
                           in_small_letters(part.substr(std::min(equals + 1, part.size())))});
        }
    }

    std::string_view file_;
    std::vector<statement>& to_;
    std::size_t line_ = 0;
};

}  // namespace

std::vector<statement> statements_of(const model_lines& lines, std::string_view file) {
    std::vector<statement> out;
    statement_reader reader(file, out);
    for (const auto& line : lines.all) reader.read(line);
    return out;
}

}  // namespace moebius::detail
