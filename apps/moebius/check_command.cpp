// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <moebius/audit/audit.hpp>
#include <moebius/base/error.hpp>
#include <moebius/io/json_file.hpp>
#include <moebius/io/options.hpp>
#include <moebius/model/cell_field.hpp>
#include <variant>

#include "commands.hpp"
#include "exact_claims.hpp"
#include "incomplete.hpp"
#include "output.hpp"
#include "problem_choice.hpp"
#include "rule_choice.hpp"
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
        throw invalid_argument("/options/vary", fmt::format("{} ranges came", ranges.size()),
                               fmt::format("a result of schema {} has {}", heading.schema, needed));
    return ranges;
}

claim claim_of(const std::string& file, diagram_document document, const session& session) {
    claim out;
    out.ranges = ranges_of(document.heading);
    const auto rule = rule_of(document.heading);
    out.at = rule.followed(problem_of_file(file, document, session));
    for (const auto& range : out.ranges) static_cast<void>(out.at.index_of(range.name));
    out.step = rule.followed_step();
    out.whole = option_of(document.heading, "from") == nullptr && rule.period.value_or(1) == 1 &&
                !incomplete_because(document.heading);
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

/// Closed forms of experts that are alike.
std::vector<claim> claims_of(const std::string& file, const result_document& document,
                             const session& session) {
    if (document.heading.schema != exact_schema)
        throw invalid_argument("/schema", fmt::format("{} came", document.heading.schema),
                               "diagrams, loci and closed forms are checked");
    problem apart = problem_of_file(file, document.heading, session);
    if (const cell_field* cells = apart.model->cells())
        apart = regrouped(apart, one_group(cells->groups().members()));
    for (const auto& [name, value] : document.heading.parameters) apart.set(name, value);
    if (const cell_field* cells = apart.model->cells())
        apart = regrouped(apart, singletons(cells->groups().members()));
    if (apart.model->dimension() > most_audited_states) return {{apart, {}, {}, true, {}}};
    return exact_claims(apart, document);
}

std::vector<claim> claims_of(const std::string& file, diagram_document document,
                             const session& session) {
    return {claim_of(file, std::move(document), session)};
}

/// Closed forms come at one value of what varies: their states are judged as rows.
audit_report audited(const std::vector<claim>& claims, bool exact, audit_options how,
                     const watch& watched) {
    if (exact) how.values = 0;
    std::vector<audit_report> reports;
    try {
        for (const auto& one : claims) reports.push_back(audit(one, how, watched));
    } catch (cut_short<audit_report>& cut) {
        reports.push_back(std::move(cut.so_far));
        throw cut_short<audit_report>("audit", joined(reports));
    }
    auto report = joined(reports);
    if (exact) report.not_judged.emplace_back("stable states: closed forms claim no branches");
    return report;
}

int run(const check_arguments& args, const session& session) {
    args.output.check({args.file});
    auto document = read_result(args.file);
    args.output.check(
        std::visit([](const auto& one) { return files_named_by(one.heading); }, document));
    auto heading = std::visit(
        [&](const auto& one) { return heading_of(args, one.heading, session); }, document);
    const auto claims = of_file(args.file, [&] {
        return std::visit([&](auto& one) { return claims_of(args.file, std::move(one), session); },
                          document);
    });
    const auto report = until_interrupted(heading, [&] {
        return audited(claims, std::holds_alternative<result_document>(document), args.how,
                       session.watch("check"));
    });
    args.output.write(document_of(report, heading), summary_of(report));
    const bool judged = std::any_of(report.counts.begin(), report.counts.end(),
                                    [](const audit_count& count) { return count.judged > 0; });
    return outcome_of(heading,
                      judged && report.wrong() == 0 ? exit_code::found : exit_code::no_answer);
}

}  // namespace

command check_command() {
    command out{"check", "Hold a diagram, a locus or closed forms against the model alone",
                "moebius check run.json"};
    auto args = std::make_shared<check_arguments>();
    out.options.add("FILE", args->file, "a diagram, a locus or closed forms, written as JSON",
                    {.required = true, .positional = true});
    add_to(out.options, args->how);
    args->output.add_result_to(out.options);
    out.run = [args](const session& session) { return run(*args, session); };
    return out;
}

}  // namespace moebius::cli
