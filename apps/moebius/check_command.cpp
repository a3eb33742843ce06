// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <moebius/audit/audit.hpp>
#include <moebius/base/error.hpp>
#include <moebius/io/json_file.hpp>
#include <moebius/io/options.hpp>
#include <variant>

#include "commands.hpp"
#include "incomplete.hpp"
#include "output.hpp"
#include "problem_choice.hpp"
#include "words.hpp"

namespace moebius::cli {
namespace {

struct check_arguments {
    std::string file;
    audit_options how;  // the library's own struct: one home for the defaults
    output_options output;
};

const option_value* option_of(const result_heading& heading, std::string_view name) {
    for (const auto& [known, value] : heading.options)
        if (known == name) return &value;
    return nullptr;
}

std::vector<parameter_range> ranges_of(const result_heading& heading) {
    std::vector<parameter_range> ranges;
    if (const auto* value = option_of(heading, "vary"))
        if (const auto* words = std::get_if<std::vector<std::string>>(value))
            for (const auto& word : *words) {
                ranges.push_back(parse_range(word));
                check_range(ranges.back());
            }
    const std::size_t needed = heading.schema == locus_schema ? 2 : 1;
    if (ranges.size() != needed)
        throw invalid_argument("options/vary", fmt::format("{} ranges came", ranges.size()),
                               fmt::format("a result of schema {} has {}", heading.schema, needed));
    return ranges;
}

claim claim_of(const std::string& file, diagram_document document, const session& session) {
    claim out;
    out.ranges = ranges_of(document.heading);
    out.at = problem_of_file(file, document, session);
    out.step = number_of(document.heading, "step");
    out.whole =
        option_of(document.heading, "from") == nullptr && !incomplete_because(document.heading);
    out.data = std::move(document.data);
    return out;
}

result_document document_of(const audit_report& report, result_heading heading) {
    std::vector<std::string> kinds;
    table counts{{"kind", "judged", "wrong", "not_judged"}, std::vector<std::vector<double>>(4)};
    for (const auto& count : report.counts) {
        counts.columns[0].push_back(static_cast<double>(kinds.size()));
        counts.columns[1].push_back(static_cast<double>(count.judged));
        counts.columns[2].push_back(static_cast<double>(count.wrong));
        counts.columns[3].push_back(static_cast<double>(count.not_judged));
        kinds.push_back(count.kind);
    }
    return {std::move(heading),
            {{"kinds", kinds},
             {"counts", counts},
             {"faults", report.faults},
             {"not_judged", report.not_judged}}};
}

std::string summary_of(const audit_report& report) {
    constexpr std::size_t most = 20;  // faults that are shown
    std::string out =
        fmt::format("{:16} {:>8} {:>8} {:>11}\n", "kind", "judged", "wrong", "not judged");
    for (const auto& count : report.counts)
        out += fmt::format("{:16} {:>8} {:>8} {:>11}\n", count.kind, count.judged, count.wrong,
                           count.not_judged);
    const std::size_t shown = std::min(most, report.faults.size());
    for (std::size_t i = 0; i < shown; ++i) out += fmt::format("wrong: {}\n", report.faults[i]);
    if (shown < report.faults.size())
        out +=
            fmt::format("wrong: {} more, which --out FILE keeps\n", report.faults.size() - shown);
    for (const auto& reason : report.not_judged) out += fmt::format("not judged: {}\n", reason);
    return out;
}

result_heading heading_of(const check_arguments& args, const result_heading& of,
                          const session& session) {
    result_heading heading;
    heading.schema = check_schema;
    heading.command = session.command;
    heading.model = of.model;
    heading.router = of.router;
    heading.parameters = of.parameters;
    heading.options.emplace_back("file", args.file);
    describe(args.how, heading);
    heading.seed = args.how.seed;
    return heading;
}

int run(const check_arguments& args, const session& session) {
    args.output.check({args.file});
    auto document = read_diagram(args.file);
    auto heading = heading_of(args, document.heading, session);
    const auto of = [&] {
        try {
            return claim_of(args.file, std::move(document), session);
        } catch (const invalid_argument& fault) {
            throw io_error(args.file, fault.what());  // of what the file holds
        }
    }();
    const auto report =
        until_interrupted(heading, [&] { return audit(of, args.how, session.watch("check")); });
    args.output.write(document_of(report, heading), summary_of(report));
    return outcome_of(heading, report.wrong() > 0 ? exit_code::no_answer : exit_code::found);
}

}  // namespace

command check_command() {
    command out{"check", "Hold a diagram or a locus against its model, by itself",
                "moebius check run.json"};
    auto args = std::make_shared<check_arguments>();
    out.options.add("FILE", args->file, "a diagram or a locus written as JSON",
                    {.required = true, .positional = true});
    add_to(out.options, args->how);
    args->output.add_result_to(out.options);
    out.run = [args](const session& session) { return run(*args, session); };
    return out;
}

}  // namespace moebius::cli
