// SPDX-License-Identifier: MIT
// Figures of result files, up to the script that gnuplot would get. Nothing is run or written.
#include "../../src/io/gnuplot.hpp"

#include <moebius/base/error.hpp>
#include <moebius/io/figure.hpp>
#include <moebius/io/json_file.hpp>
#include <moebius/io/plots.hpp>
#include <type_traits>
#include <variant>

#include "harness.hpp"

namespace moebius {

// Takes the place of src/io/gnuplot.cpp, which the linker then leaves out.
std::string run_gnuplot(const std::vector<std::string>&, std::string_view,
                        std::chrono::milliseconds) {
    throw io_error("gnuplot", "it is not run here");
}
static_assert(std::is_same_v<decltype(&run_gnuplot),
                             std::string (*)(const std::vector<std::string>&, std::string_view,
                                             std::chrono::milliseconds)>,
              "what save_figure calls has another face: this must have it, too");

namespace fuzz {

const std::size_t allocation_floor = std::size_t{16} << 20;

void read_one(std::string_view input) {
    const memory_file file(input);
    const auto result = read_result(file.path());
    const auto figures = std::visit([](const auto& data) { return figures_of(data); }, result);
    for (const auto& one : figures) try {
            save_figure(one.drawing, "unwritten.svg");
        } catch (const io_error&) {
        }
}

}  // namespace fuzz
}  // namespace moebius
