// SPDX-License-Identifier: MIT
// Result files: what is read, written and read again is written as the same bytes.
#include <moebius/io/csv.hpp>
#include <moebius/io/json_file.hpp>
#include <moebius/io/report.hpp>
#include <variant>

#include "harness.hpp"

namespace moebius::fuzz {
namespace {

any_result read(std::string_view bytes) {
    const memory_file file(bytes);
    return read_result(file.path());
}

std::string write(const any_result& result) {
    return std::visit([](const auto& data) { return to_json(data); }, result);
}

}  // namespace

const std::size_t allocation_floor = std::size_t{1} << 20;

void read_one(std::string_view input) {
    const auto result = read(input);
    const auto text = write(result);
    require(write(read(text)) == text, "what was read is written as something else");
    if (const auto* diagram = std::get_if<diagram_document>(&result)) (void)to_csv(diagram->data);
    if (const auto* other = std::get_if<result_document>(&result)) (void)report_of(*other);
}

}  // namespace moebius::fuzz
