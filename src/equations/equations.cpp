// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/equations/equations.hpp>

#include "compiler.hpp"
#include "equation_field.hpp"
#include "lines.hpp"
#include "tape.hpp"

namespace moebius {
namespace {

using detail::node_id;
using detail::operation;
using detail::statement;
using kind = statement::kind;

constexpr std::size_t most_shown = 8;  // equations of a model that is told in one line

class equation_reader {
public:
    equation_reader(const detail::model_lines& lines, std::string_view name, std::string_view file)
        : file_(file), statements_(detail::statements_of(lines, file)), compiler_(file) {
        model_.name = name;
        result_.ends_early = lines.end_early;
    }

    [[nodiscard]] equations read() {
        read_options();
        for (const auto& from : statements_) declare(from);
        if (model_.states.empty())
            throw invalid_argument(file_, "no equation came", "x' = or x(t+1) = is needed");
        for (const auto& from : statements_) complete(from);
        set_starts();
        check_once();
        model_.graph = compiler_.graph();
        result_.model = detail::field_of_text(std::move(model_));
        return std::move(result_);
    }

private:
    [[noreturn]] void refuse(const statement& from, const std::string& got,
                             std::string_view needed) const {
        throw invalid_argument(detail::place_of(file_, from.line), got, needed);
    }

    [[nodiscard]] double number_of(const statement& from) const {
        std::string_view text = from.text;
        if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
        const double value = parse_number(detail::place_of(file_, from.line), text);
        if (!std::isfinite(value))
            refuse(from, fmt::format("{} = {} came", from.name, from.text), "it must be finite");
        return value;
    }

    void read_options() {
        for (const auto& from : statements_) {
            if (from.what == kind::ignored) ignore(from, from.name);
            if (from.what != kind::option) continue;
            if (from.name.starts_with("meth")) {
                result_.is_map = result_.is_map || from.text.starts_with("d");
            } else if (from.name == "njmp") {
                const double jump = number_of(from);
                if (jump >= 1 && jump <= 1024) period_ = static_cast<std::size_t>(jump);
            } else {
                ignore(from, "@ " + from.name);
            }
        }
        for (const auto& from : statements_)
            result_.is_map = result_.is_map || from.what == kind::next;
        if (result_.is_map && period_ > 1) result_.period = period_;
    }

    void ignore(const statement& from, const std::string& what) {
        const auto line = fmt::format(" (line {})", from.line);
        auto& all = result_.ignored;
        if (!all.empty() && all.back().ends_with(line))
            all.back().insert(all.back().size() - line.size(), ' ' + excerpt(from.name, 30));
        else
            all.push_back(excerpt(what, 30) + line);
    }

    void declare(const statement& from) {
        switch (from.what) {
            case kind::rate:
            case kind::next:
                if (model_.host)
                    refuse(from, fmt::format("{} came beside host", from.name),
                           "the states of a host are all that there are");
                if ((from.what == kind::next) != has_next_)
                    if (!model_.states.empty())
                        refuse(from, fmt::format("{} came", from.name),
                               "a model has rates x' = or maps x(t+1) =, not both");
                has_next_ = from.what == kind::next;
                compiler_.add_leaf(operation::state, model_.states.size(), from);
                model_.states.push_back({from.name});
                break;
            case kind::host:
                add_host(from);
                break;
            case kind::parameter:
                compiler_.add_leaf(operation::parameter, model_.parameters.size(), from);
                model_.parameters.push_back({from.name, number_of(from)});
                break;
            case kind::number:
                compiler_.add_constant(number_of(from), from);
                break;
            case kind::fixed:
            case kind::load:
            case kind::derived:
                compiler_.add_definition(from);
                break;
            case kind::function:
                compiler_.add_function(from);
                break;
            default:
                break;
        }
    }

    void add_host(const statement& from) {
        model_.host = find_host_function(from.name);
        if (!model_.host)
            refuse(from, fmt::format("host {} came", excerpt(from.name)),
                   "it was a function of a process, of Python for instance, that has ended or has "
                   "no such function any more");
        if (result_.is_map) refuse(from, "host came for a map", "a host has rates of change");
        if (!model_.states.empty())
            refuse(from, "host came beside other equations", "its states are all that there are");
        for (const auto& name : from.arguments) {
            compiler_.add_leaf(operation::state, model_.states.size(),
                               {kind::host, from.line, name});
            model_.states.push_back({name});
        }
        model_.equation = "a function of the process";
    }

    void complete(const statement& from) {
        switch (from.what) {
            case kind::rate:
            case kind::next:
                add_rate(from);
                break;
            case kind::fixed:
            case kind::derived:
                static_cast<void>(value_of(from, true));
                break;
            case kind::auxiliary:
                if (compiler_.graph().depends(compiler_.compile(from, true), operation::absent))
                    ignore(from, "aux " + from.name);
                break;
            case kind::load:
                model_.loads.push_back(value_of(from, false));
                break;
            case kind::initial:
                starts_.push_back({&from, &named(model_.states, from, "variable").value});
                start_ids_.push_back(compiler_.compile_start(from));
                break;
            case kind::positive:
                named(model_.parameters, from, "parameter").above = 0;
                break;
            case kind::bounds:
                model_.bounds.push_back(of_parameters(from));
                break;
            case kind::scale:
                model_.scale.push_back(of_parameters(from));
                break;
            default:
                break;
        }
    }

    /// Of a name that is defined: the whole of its definition, once.
    [[nodiscard]] node_id value_of(const statement& from, bool timed) {
        auto name = from;
        name.text = detail::in_small_letters(from.name);
        return compiler_.compile(name, timed);
    }

    void add_rate(const statement& from) {
        node_id rate = compiler_.compile(from);
        if (result_.is_map) rate = compiler_.less_state(rate, model_.rates.size());
        model_.rates.push_back(rate);
        if (model_.rates.size() <= most_shown)
            model_.equation += fmt::format("{}{}{} = {}", model_.rates.size() > 1 ? ", " : "",
                                           from.name, result_.is_map ? "(t+1)" : "'", from.text);
        if (model_.rates.size() == most_shown + 1) model_.equation += ", ...";
    }

    /// At the parameters' first values.
    void set_starts() {
        const std::vector<double> nowhere(model_.states.size());
        std::vector<double> values(starts_.size()), p;
        for (const auto& parameter : model_.parameters) p.push_back(parameter.value);
        const detail::tape all(compiler_.graph(), start_ids_, nowhere.size(), p.size());
        all.evaluate<double>(nowhere, p, values);
        for (std::size_t i = 0; i < starts_.size(); ++i) {
            const auto& [from, to] = starts_[i];
            if (compiler_.graph().depends(start_ids_[i], operation::state) ||
                !std::isfinite(values[i]))
                refuse(*from, fmt::format("{}(0) = {} came", from->name, excerpt(from->text)),
                       "a number is needed");
            *to = values[i];
        }
    }

    [[nodiscard]] node_id of_parameters(const statement& from) {
        const node_id id = compiler_.compile(from);
        if (compiler_.graph().depends(id, operation::state))
            refuse(from, fmt::format("'{}' came", excerpt(from.text)),
                   "it depends on parameters alone");
        return id;
    }

    [[nodiscard]] detail::text_model::named& named(std::vector<detail::text_model::named>& all,
                                                   const statement& from, std::string_view what) {
        const auto name = detail::in_small_letters(from.name);
        const auto at = std::find_if(all.begin(), all.end(), [&](const auto& one) {
            return detail::in_small_letters(one.name) == name;
        });
        if (at == all.end())
            refuse(from, fmt::format("'{}' came", from.name),
                   fmt::format("there is no {} of that name", what));
        return *at;
    }

    void check_once() const {
        const auto once = [&](const std::vector<node_id>& all, std::size_t count,
                              std::string_view what) {
            if (all.size() > count)
                throw invalid_argument(file_, fmt::format("{} came twice", what),
                                       "it is said once");
        };
        once(model_.bounds, 2, "bounds");
        once(model_.scale, 1, "scale");
    }

    std::string_view file_;
    std::vector<statement> statements_;
    detail::expression_compiler compiler_;
    detail::text_model model_;
    equations result_;
    struct start {
        const statement* from;
        double* to;
    };
    std::vector<start> starts_;
    std::vector<node_id> start_ids_;
    std::size_t period_ = 1;
    bool has_next_ = false;
};

}  // namespace

equations read_equations(std::string_view text, std::string_view name, std::string_view file) {
    return equation_reader(detail::lines_of(text, file), name, file).read();
}

}  // namespace moebius
