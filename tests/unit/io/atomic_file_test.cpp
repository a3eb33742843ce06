// SPDX-License-Identifier: MIT
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>

#include "catch.hpp"
#include "scratch_folder.hpp"

using namespace moebius;

TEST_CASE("a written file holds the bytes and stands alone in its folder", "[io]") {
    const scratch_folder folder;
    const std::string bytes("a\0b\n", 4);

    write_file(folder / "f", "old");
    write_file(folder / "f", bytes);

    CHECK(read_file(folder / "f") == bytes);
    CHECK(folder.files() == 1);
}

TEST_CASE("a link is followed rather than replaced", "[io]") {
    const scratch_folder folder;
    write_file(folder / "f", "old");
    std::filesystem::create_symlink(folder / "f", folder / "link");

    write_file(folder / "link", "new");

    CHECK(std::filesystem::is_symlink(folder / "link"));
    CHECK(read_file(folder / "f") == "new");
}

TEST_CASE("a link to what is not there yet makes it; links in a circle are refused", "[io]") {
    const scratch_folder folder;
    std::filesystem::create_directory(folder / "sub");
    std::filesystem::create_symlink("sub/far", folder / "link");
    std::filesystem::create_symlink("../end", folder / "sub" / "far");
    std::filesystem::create_symlink("circle", folder / "circle");

    write_file(folder / "link", "new");

    CHECK(std::filesystem::is_symlink(folder / "link"));
    CHECK(std::filesystem::is_symlink(folder / "sub" / "far"));
    CHECK(read_file(folder / "end") == "new");
    CHECK_THROWS_AS(write_file(folder / "circle", "x"), io_error);
}

TEST_CASE("a full disk is told, and the device stays a device", "[io][error]") {
    CHECK_THROWS_WITH(write_file("/dev/full", "x"), "/dev/full: No space left on device");
    CHECK(std::filesystem::is_character_file("/dev/full"));
}

TEST_CASE("a missing folder and a folder in the way are told before any work", "[io][error]") {
    const scratch_folder folder;
    const auto absent = folder / "no" / "f";

    CHECK_THROWS_WITH(require_writable(absent), absent.string() + ": No such file or directory");
    CHECK_THROWS_WITH(write_file(absent, "x"), absent.string() + ": No such file or directory");
    std::filesystem::create_directory(folder / "d");
    CHECK_THROWS_WITH(require_writable(folder / "d"), (folder / "d").string() + ": Is a directory");
    CHECK_NOTHROW(require_writable(folder / "new"));
    CHECK(folder.files() == 1);
}

TEST_CASE("a file that is replaced keeps its mode", "[io]") {
    namespace fs = std::filesystem;
    const scratch_folder folder;
    write_file(folder / "f", "old");
    const auto own = fs::perms::owner_read | fs::perms::owner_write;
    fs::permissions(folder / "f", own);

    write_file(folder / "f", "new", durability::synced);

    CHECK(fs::status(folder / "f").permissions() == own);
    CHECK(read_file(folder / "f") == "new");
}

TEST_CASE("a name as long as names may be can be written", "[io]") {
    const scratch_folder folder;
    const std::string name(255, 'n');
    write_file(folder / name.c_str(), "x");
    CHECK(read_file(folder / name.c_str()) == "x");
    CHECK_THROWS_AS(write_file(folder / (name + "n").c_str(), "x"), io_error);
}
