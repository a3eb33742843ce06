// SPDX-License-Identifier: MIT
//
// What the Python package takes from the program: its command lines, run in this process, and what
// they may say.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <exception>
#include <moebius/base/error.hpp>
#include <moebius/io/result.hpp>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "bindings.hpp"
#include "interrupt.hpp"
#include "program.hpp"
#include "standard_streams.hpp"

namespace nb = nanobind;

namespace {

using namespace moebius;

/// One at a time: words and interrupts are the process's.
std::tuple<int, std::string, std::string> run_alone(const std::vector<std::string>& words,
                                                    std::exception_ptr& failure) {
    static std::mutex one_at_a_time;
    const nb::gil_scoped_release others_go_on;
    const std::lock_guard lock(one_at_a_time);
    std::vector<const char*> line{"moebius"};
    for (const auto& word : words) line.push_back(word.c_str());
    const auto count = static_cast<int>(line.size());
    line.push_back(nullptr);
    cli::taken_words taken;
    const cli::caught_interrupt interrupt;
    auto session = cli::session_of(count, line.data());
    const int code = cli::run_program(session, count, line.data());
    failure = take_failure();
    return {code, std::move(taken.printed), std::move(taken.told)};
}

std::tuple<int, std::string, std::string> run(const std::vector<std::string>& words) {
    std::exception_ptr failure;
    auto ended = run_alone(words, failure);
    if (failure) std::rethrow_exception(failure);
    return ended;
}

/// What a value of the option is in Python.
const char* type_of(const option_target& target) {
    constexpr const char* names[] = {"float", "int",         "int",   "bool", "str",
                                     "strs",  "list[float]", "float", "int"};
    return names[target.index()];
}

nb::dict as_dict(const option& of) {
    nb::dict out;
    out["name"] = of.name;
    out["flag"] = of.flag();
    out["type"] = type_of(of.target);
    out["meaning"] = of.meaning;
    out["default"] = of.traits.shown.empty() ? of.text() : of.traits.shown;
    nb::list choices;
    for (const auto& choice : of.traits.choices) choices.append(choice);
    out["choices"] = choices;
    out["positional"] = of.traits.positional;
    return out;
}

nb::list commands() {
    nb::list out;
    for (const bool of_trained : {false, true})
        for (const auto& one : cli::all_commands(of_trained)) {
            if (of_trained && one.name != "validate") continue;
            nb::dict command;
            command["name"] = one.name;
            command["meaning"] = one.meaning;
            command["example"] = one.example;
            nb::list options;
            for (const auto& option : one.options.all()) options.append(as_dict(option));
            command["options"] = options;
            out.append(command);
        }
    return out;
}

/// The package's own exceptions, for what bindings throw.
void translate(const std::exception_ptr& thrown, void* /*unused*/) {
    try {
        std::rethrow_exception(thrown);
    } catch (const invalid_argument& e) {
        const nb::object type = nb::module_::import_("moebius.errors").attr("InvalidArgument");
        PyErr_SetString(type.ptr(), e.what());
    }
}

}  // namespace

NB_MODULE(_core, m) {
    nb::set_leak_warnings(false);  // a model's function may live as long as the interpreter
    nb::register_exception_translator(translate);
    bind_model(m);
    bind_function(m);
    m.def("run", &run, nb::arg("words"),
          "Runs the program's command line of these words in this process.\n\n"
          "Returns its exit code, what it printed and what it told on the standard error. The GIL "
          "is released meanwhile, and Ctrl-C stops the work.");
    m.def("commands", &commands,
          "Name, meaning, example and options of each subcommand, validate twice: with --trained "
          "it has others.");
    m.def(
        "version", [] { return std::string(version()); }, "Of the library, as moebius --version.");
}
