// SPDX-License-Identifier: MIT
#include <filesystem>
#include <moebius/base/error.hpp>
#include <moebius/io/file_lock.hpp>
#include <optional>

#include "catch.hpp"
#include "scratch_folder.hpp"

using namespace moebius;

TEST_CASE("one holds a file at a time, and an end of any kind frees it", "[io]") {
    const scratch_folder folder;
    const auto path = folder / "c.npy";
    std::optional<file_lock> first(path);
    CHECK_THROWS_WITH(file_lock(path), path.string() +
                                           ": another run is writing it, and two "
                                           "would mix");
    CHECK_NOTHROW(file_lock(folder / "other.npy"));
    first.reset();
    CHECK_FALSE(std::filesystem::exists(folder / "c.npy.lock"));
    CHECK_NOTHROW(file_lock(path));
    CHECK_THROWS_AS(file_lock(folder / "no" / "c.npy"), io_error);
}
