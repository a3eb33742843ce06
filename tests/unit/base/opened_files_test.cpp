// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <filesystem>
#include <fstream>
#include <moebius/base/error.hpp>
#include <moebius/base/file_reader.hpp>
#include <moebius/base/opened_files.hpp>
#include <random>
#include <thread>

using namespace moebius;

TEST_CASE("files that this thread opens are heard of while that is asked for", "[base]") {
    const auto path = std::filesystem::temp_directory_path() /
                      ("moebius-" + std::to_string(std::random_device{}()));
    std::ofstream(path) << "1\n";
    const auto open = [&] { const file_reader file(path); };
    open();
    {
        const opened_files opened;
        CHECK(opened.names().empty());
        std::thread(open).join();
        CHECK(opened.names().empty());
        open();
        open();
        CHECK_THROWS_AS(file_reader(path.string() + ".none"), io_error);
        CHECK(opened.names() == std::set{path.string()});
    }
    open();  // nobody listens
    std::filesystem::remove(path);
}
