// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/tokens/token_file.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "scratch_file.hpp"

using namespace moebius;

namespace {

std::string npy(const std::string& dictionary, const std::string& data, char version = 1) {
    std::string header = dictionary + '\n';
    std::string bytes = "\x93NUMPY";
    bytes += {version, '\0', static_cast<char>(header.size()), '\0'};
    if (version > 1) bytes += {'\0', '\0'};
    return bytes + header + data;
}

template <typename T>
std::string bytes_of(std::initializer_list<T> values) {
    std::string bytes(values.size() * sizeof(T), '\0');
    std::memcpy(bytes.data(), values.begin(), bytes.size());
    return bytes;
}

std::string read_bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string dictionary(const std::string& descr, const std::string& shape,
                       const std::string& fortran = "False") {
    return "{'descr': " + descr + ", 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

}  // namespace

TEST_CASE("read_tokens reads the digits as they are", "[token_file]") {
    const auto digits = read_tokens(MOEBIUS_DATA_DIR "/digits.csv");

    CHECK(digits.rows == 1797);  // the UCI test set of optical digits: 64 pixels and a class
    CHECK(digits.columns == 65);
    CHECK(digits.values.size() == 1797 * 65);
    CHECK(digits.values[2] == 5);
    CHECK(digits.values[64 + 65] == 1);
}

TEST_CASE("read_tokens takes every usual form of CSV", "[token_file]") {
    const auto text =
        GENERATE(as<std::string>{}, "1,-2.5\n3e2,4\n", "1,-2.5\r\n3e2,4", "a,b\n1,-2.5\n300,4\n",
                 "\xEF\xBB\xBF 1 , -2.5\n\n300,\t4\n\n", "1,-2.5\n300,4\n \t\r");
    const scratch_file file(text);

    const auto table = read_tokens(file.path);

    CHECK(table.rows == 2);
    CHECK(table.columns == 2);
    CHECK(table.values == std::vector<double>{1, -2.5, 300, 4});
    CHECK(table.ends_early == text.ends_with('4'));
}

TEST_CASE("read_tokens says where a CSV goes wrong", "[token_file][error]") {
    const auto reading = [](const scratch_file& file) { return read_tokens(file.path); };
    const auto sentence = [](const scratch_file& file, const char* reason) {
        return file.path + ": " + reason;
    };
    const scratch_file ragged("1,2\n\n3\n"), word("a,b\n1,2\n3,x4\n"), half_header("a,1\n2,3\n"),
        not_finite("1,inf\n"), gap("1,,2\n"), empty(""), names("a,b\n");

    CHECK_THROWS_WITH(reading(ragged),
                      sentence(ragged, "line 3 has 1 columns, but the first has 2"));
    CHECK_THROWS_WITH(reading(word),
                      sentence(word, "'x4' on line 3, column 2 is not a finite number"));
    CHECK_THROWS_WITH(reading(half_header),
                      sentence(half_header, "'a' on line 1, column 1 is not a finite number"));
    CHECK_THROWS_WITH(reading(not_finite),
                      sentence(not_finite, "'inf' on line 1, column 2 is not a finite number"));
    CHECK_THROWS_WITH(reading(gap), sentence(gap, "'' on line 1, column 2 is not a finite number"));
    CHECK_THROWS_WITH(reading(empty), sentence(empty, "there is no row of numbers in it"));
    CHECK_THROWS_WITH(reading(names), sentence(names, "there is no row of numbers in it"));
}

TEST_CASE("read_tokens says which file it cannot read", "[token_file][error]") {
    CHECK_THROWS_WITH(read_tokens("no/such/file.csv"),
                      "no/such/file.csv: No such file or directory");
    CHECK_THROWS_AS(read_tokens("."), io_error);
}

TEST_CASE("read_tokens reads each element type of NPY", "[token_file][oracle]") {
    const auto check = [](const char* descr, const std::string& data, char version) {
        const scratch_file file(npy(dictionary(descr, "(2, 2)"), data, version));
        const auto table = read_tokens(file.path);
        CAPTURE(descr);
        CHECK(table.rows == 2);
        CHECK(table.columns == 2);
        CHECK(table.values == std::vector<double>{1, 0, 3, 100});
    };

    check("'<f8'", bytes_of<double>({1, 0, 3, 100}), 1);
    check("'<f4'", bytes_of<float>({1, 0, 3, 100}), 2);
    check("'<i8'", bytes_of<std::int64_t>({1, 0, 3, 100}), 3);
    check("'<i4'", bytes_of<std::int32_t>({1, 0, 3, 100}), 1);
    check("'<i2'", bytes_of<std::int16_t>({1, 0, 3, 100}), 1);
    check("'|i1'", bytes_of<std::int8_t>({1, 0, 3, 100}), 1);
    check("'|u1'", bytes_of<std::uint8_t>({1, 0, 3, 100}), 1);
    check("'<u2'", bytes_of<std::uint16_t>({1, 0, 3, 100}), 1);
    check("'<u4'", bytes_of<std::uint32_t>({1, 0, 3, 100}), 1);
    check("'<u8'", bytes_of<std::uint64_t>({1, 0, 3, 100}), 1);
}

TEST_CASE("read_tokens reads what NumPy 2.4 wrote", "[token_file][oracle]") {
    // numpy.save of array([[1, -2, 3.5], [4, 5, 6]], '<f4'), byte for byte
    const scratch_file file(npy(dictionary("'<f4'", "(2, 3)") + std::string(58, ' '),
                                bytes_of<float>({1, -2, 3.5, 4, 5, 6})));

    CHECK(read_tokens(file.path).values == std::vector<double>{1, -2, 3.5, 4, 5, 6});
}

TEST_CASE("whole numbers of 64 bits are read exactly up to 2^53", "[token_file]") {
    const std::int64_t large = (std::int64_t{1} << 53) - 1, half = std::int64_t{1} << 51;
    const std::vector<std::int64_t> numbers{0,         1,     -1,     half - 1, -half, half,
                                            -half - 1, large, -large, 0,        12345};
    for (std::size_t count = 1; count <= numbers.size(); ++count) {
        const std::vector part(numbers.begin(), numbers.begin() + static_cast<long>(count));
        const scratch_file file(
            npy(dictionary("'<i8'", "(" + std::to_string(count) + ",)"), bytes_of(part)));
        const auto read = read_npy(file.path).values;
        REQUIRE(read.size() == count);
        for (std::size_t i = 0; i < count; ++i) CHECK(read[i] == static_cast<double>(part[i]));
        CHECK_FALSE(std::signbit(read[0]));
    }
    for (const auto number : {std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
        const scratch_file file(
            npy(dictionary("'<u8'", "(2,)"), bytes_of<std::uint64_t>({1, number})));
        CHECK_THROWS_WITH(read_npy(file.path), ContainsSubstring("number 1 of 2"));
    }
}

TEST_CASE("read_npy reads any rank and empty arrays", "[token_file]") {
    const scratch_file vector(npy(dictionary("'<f8'", "(2,)"), bytes_of<double>({1, 2})));
    const scratch_file scalar(npy(dictionary("'<f8'", "()"), bytes_of<double>({7})));
    const scratch_file empty(npy(dictionary("'<f8'", "(0, 3)"), ""));

    CHECK(read_npy(vector.path).shape == std::vector<std::size_t>{2});
    CHECK(read_npy(scalar.path).values == std::vector{7.0});
    CHECK(read_npy(empty.path).values.empty());
}

TEST_CASE("NPY files of every order and of 16 bits are read", "[token_file][oracle]") {
    const auto values = [](const std::string& bytes) {
        const scratch_file file(bytes);
        return read_npy(file.path).values;
    };
    const auto turned = [](std::string bytes, std::size_t size) {
        for (std::size_t at = 0; at < bytes.size(); at += size)
            std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                         bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
        return bytes;
    };
    const std::vector<double> four{1, -2.5, 300, 4};
    CHECK(values(npy(dictionary("'>f8'", "(4,)"),
                     turned(bytes_of<double>({1, -2.5, 300, 4}), 8))) == four);
    CHECK(values(npy(dictionary("'>f4'", "(4,)"), turned(bytes_of<float>({1, -2.5, 300, 4}), 4))) ==
          four);
    CHECK(values(npy(dictionary("'>i2'", "(2,)"), turned(bytes_of<std::int16_t>({-7, 258}), 2))) ==
          std::vector<double>{-7, 258});
    // numpy: np.array([1, -2.5, 65504, 2**-24, 2**-14, -0.0], 'f2').view('u2')
    const auto halves = bytes_of<std::uint16_t>({0x3c00, 0xc100, 0x7bff, 0x0001, 0x0400, 0x8000});
    const std::vector<double> as_doubles{1, -2.5, 65504, std::ldexp(1, -24), std::ldexp(1, -14), 0};
    CHECK(values(npy(dictionary("'<f2'", "(6,)"), halves)) == as_doubles);
    CHECK(values(npy(dictionary("'>f2'", "(6,)"), turned(halves, 2))) == as_doubles);
    CHECK(
        std::isinf(values(npy(dictionary("'<f2'", "(1,)"), bytes_of<std::uint16_t>({0xfc00})))[0]));
    CHECK(
        std::isnan(values(npy(dictionary("'<f2'", "(1,)"), bytes_of<std::uint16_t>({0x7e00})))[0]));
    // bfloat16: the upper halves of 1, -2.5 and 300, which has 8 bits
    const auto brain = bytes_of<std::uint16_t>({0x3f80, 0xc020, 0x4396});
    for (const auto* type : {"'<V2'", "'|V2'"})
        CHECK(values(npy(dictionary(type, "(3,)"), brain)) == std::vector<double>{1, -2.5, 300});
}

TEST_CASE("Fortran's order is put in that of rows", "[token_file][oracle]") {
    // numpy: np.save(f, np.asfortranarray(np.arange(6).reshape(2, 3))), and a (2, 3, 2) one
    const scratch_file two(
        npy(dictionary("'<f8'", "(2, 3)", "True"), bytes_of<double>({0, 3, 1, 4, 2, 5})));
    CHECK(read_tokens(two.path).values == std::vector<double>{0, 1, 2, 3, 4, 5});
    const scratch_file three(npy(dictionary("'<i2'", "(2, 3, 2)", "True"),
                                 bytes_of<std::int16_t>({0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11})));
    CHECK(read_npy(three.path).values == std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
}

TEST_CASE("NPZ archives are read, plain and deflated", "[token_file][oracle]") {
    // written by Python's zipfile as numpy.savez and savez_compressed do, with force_zip64
    const std::string folder = MOEBIUS_DATA_DIR "/../tests/fuzz/corpus/npz/";
    const std::vector<double> four{1, -2.5, 300, 4};
    for (const auto* name : {"plain", "deflated", "two:x", "two:x.npy"}) {
        const std::string file = std::string(name).substr(0, std::string(name).find(':'));
        const scratch_file copy(read_bytes(folder + file), ".npz");
        const std::string array = std::string(name).substr(file.size());
        CAPTURE(name);
        CHECK(read_tokens(copy.path + array).values == four);
    }
    const scratch_file zeros(read_bytes(folder + "zeros"), ".npz");  // expands 300 times
    CHECK(read_npy(zeros.path).values == std::vector<double>(4096, 0.0));
}

TEST_CASE("an NPZ archive that cannot be read is named", "[token_file][error]") {
    const std::string folder = MOEBIUS_DATA_DIR "/../tests/fuzz/corpus/npz/";
    const auto fails = [&](const std::string& name, const std::string& reason,
                           const std::string& array = {}) {
        const scratch_file copy(read_bytes(folder + name), ".npz");
        CHECK_THROWS_WITH(read_npy(copy.path + array), copy.path + ": " + reason);
    };
    fails("two", "its 2 arrays are x, y: FILE.npz:NAME is needed");
    fails("two", "its 2 arrays are x, y: z is not there", ":z");
    fails("cut",
          "the NPZ file is damaged, at byte 60: its end, a list of its arrays, is missing: it was "
          "cut off, or is still written");
    fails("changed",
          "the NPZ file is damaged: of the array 'arr_0.npy', after 102 of 102 bytes, its "
          "checksum is another");  // a bit of its data
    fails("bzip2", "its array is neither plain nor deflated, as numpy writes them");
    fails("no_array", "what it holds is not an NPY file");
    // 8.4 million zeros of a byte in 8,360 bytes
    fails("much_packed",
          "it holds 8400000 numbers, but 2097152 are the most that may be packed in so "
          "few bytes: numpy.save keeps them unpacked");
}

TEST_CASE("sequences of tokens are tokens", "[token_file]") {
    const scratch_file file(npy(dictionary("'<f8'", "(2, 1, 2)"), bytes_of<double>({1, 2, 3, 4})));
    const auto table = read_tokens(file.path);
    CHECK(table.rows == 2);
    CHECK(table.columns == 2);
    CHECK(table.values == std::vector<double>{1, 2, 3, 4});
}

TEST_CASE("semicolons and tabs stand between numbers, too", "[token_file]") {
    const auto text = GENERATE(as<std::string>{}, "1;-2.5\n3e2;4\n", "1\t-2.5\n300\t4\n",
                               "a;b\n1;-2.5\n300 ;\t4\n", "a, mm;b\n1;-2.5\n300;4\n",
                               "a\tb\n1\t -2.5\n300\t4 \n");
    const scratch_file file(text);
    const auto table = read_tokens(file.path);
    CHECK(table.columns == 2);
    CHECK(table.values == std::vector<double>{1, -2.5, 300, 4});
    const scratch_file commas("1,5;2\n3;4\n5,5;x\n");  // decimal commas are no numbers here
    CHECK_THROWS_WITH(read_tokens(commas.path),
                      commas.path + ": '1,5' on line 1, column 1 is not a finite number");
    const scratch_file mixed("1;2\n3,4\n");
    CHECK_THROWS_WITH(read_tokens(mixed.path),
                      mixed.path + ": line 2 has 1 columns, but the first has 2");
}

TEST_CASE("an NPY file of another kind is named", "[token_file][error]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto fails = [](const std::string& bytes, const std::string& reason) {
        const scratch_file file(bytes);
        CHECK_THROWS_WITH(read_tokens(file.path), file.path + ": " + reason);
    };
    const auto four = bytes_of<double>({1, 2, 3, 4});
    const std::string early = "the NPY file ends too early";
    const std::string types = ", but f2, f4, f8, integers, bool or bfloat16 (V2) are needed";

    fails(npy(dictionary("'<V4'", "(2, 2)"), four), "its elements are <V4" + types);
    fails(npy(dictionary("'=f8'", "(2, 2)"), four), "its elements are =f8" + types);
    fails(npy(dictionary("'<c16'", "(2, 1)"), four), "its elements are <c16" + types);
    fails(npy(dictionary("[('a', '<f8')]", "(4,)"), four).substr(0, 90),
          "its elements are [('a', '<f8')], 'fortran_order': False, " + types);
    fails(npy(dictionary("'<f8'", "(4,)"), four),
          "its shape is (4), but tokens are a table of rows and columns, at least one of each");
    fails(npy(dictionary("'<f8'", "(0, 2)"), ""),
          "its shape is (0, 2), but tokens are a table of rows and columns, at least one of each");
    fails(npy(dictionary("'<f8'", "(2, 2)"), bytes_of({1.0, 2.0, nan, 4.0})),
          "row 2, column 1 is nan, but tokens must be finite");
    fails(npy(dictionary("'<f8'", "(2, 3)"), four), early);
    fails(npy(dictionary("'<f8'", "(4294967296, 4294967296)"), four), early);
    fails(npy("", "").substr(0, 8), early);
    fails(npy("{}", ""), "its NPY header has no 'descr'");
    fails(npy(dictionary("'<f8'", "(2, -2)"), four), "the shape in its NPY header cannot be read");
    for (const auto* shape : {"(4,,1)", "(4 1)", "(,4)", "(2, 2"})
        fails(npy(dictionary("'<f8'", shape), four), "the shape in its NPY header cannot be read");
    fails(npy(dictionary("'<f8'", "(2, 2)", "Trueish"), four),
          "the fortran_order in its NPY header is Trueish, but True or False is needed");
    fails(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), 'shape': (4, 1), }", four),
          "its NPY header has 'shape' twice");
    fails(npy(dictionary("'<f8'", "(2, 2)"), four, 9),
          "its NPY version is 9, but 1 to 3 are known");
    CHECK_THROWS_WITH(read_npy(MOEBIUS_DATA_DIR "/digits.csv"),
                      MOEBIUS_DATA_DIR "/digits.csv: it is not an NPY file");
}

TEST_CASE("whole numbers that doubles merge are refused", "[token_file][error]") {
    const scratch_file large(
        npy(dictionary("'<i8'", "(1, 2)"), bytes_of<std::int64_t>({9007199254740993, 1})));
    const scratch_file largest(
        npy(dictionary("'<u8'", "(1, 1)"), bytes_of<std::uint64_t>({~0ull})));
    const scratch_file least(
        npy(dictionary("'<i8'", "(1, 1)"),
            bytes_of<std::int64_t>({std::numeric_limits<std::int64_t>::min()})));
    const scratch_file fine(npy(dictionary("'<i8'", "(1, 2)"),
                                bytes_of<std::int64_t>({9007199254740991, -9007199254740991})));
    for (const auto* file : {&large, &largest, &least})
        CHECK_THROWS_WITH(read_tokens(file->path), ContainsSubstring("2^53"));
    CHECK(read_tokens(fine.path).values ==
          std::vector<double>{9007199254740991, -9007199254740991});
}

TEST_CASE("what an NPY header claims is held against the file before memory is asked for",
          "[token_file][error]") {
    const auto fails = [](const std::string& shape, const std::string& reason) {
        const scratch_file file(npy(dictionary("'<f8'", shape), bytes_of<double>({1, 2})));
        CHECK_THROWS_WITH(read_npy(file.path), file.path + ": " + reason);
    };
    fails("(1000000000000, 1)", "the NPY file ends too early");
    fails("(18446744073709551615, 18446744073709551615)", "the NPY file ends too early");
    fails("(99999999999999999999999, 1)", "the shape in its NPY header cannot be read");
    const scratch_file header(std::string("\x93NUMPY\x02\x00\xff\xff\xff\x7f", 12) +
                              std::string(1000, ' '));
    CHECK_THROWS_WITH(read_npy(header.path), header.path + ": the NPY file ends too early");
}

TEST_CASE("a CSV is read the same at every place where its blocks may end", "[token_file]") {
    // lines of all lengths about the reader's blocks of 256 KiB, and one that is longer
    std::string text;
    std::vector<double> values;
    for (std::size_t row = 0; row < 60000; ++row) {
        values.insert(values.end(), {static_cast<double>(row), -0.125 * static_cast<double>(row)});
        text += std::to_string(row) + ',' + std::string(row % 7, ' ') +
                std::to_string(-0.125 * static_cast<double>(row)) + (row % 3 == 0 ? "\r\n" : "\n");
    }
    const scratch_file file(text);
    CHECK(read_tokens(file.path).values == values);

    const scratch_file long_line("1," + std::string(1 << 20, ' ') + "2\n3,4");
    CHECK(read_tokens(long_line.path).values == std::vector<double>{1, 2, 3, 4});
}

TEST_CASE("cells of every length keep their value", "[token_file]") {
    const scratch_file file(
        "123456789012345,1234567890123456,12345678901234567890,007,-0,1e-320,1e-400,-1e-400\n");
    const auto values = read_tokens(file.path).values;
    CHECK(values == std::vector<double>{123456789012345, 1234567890123456, 12345678901234567890.0,
                                        7, 0, 1e-320, 0, 0});
    CHECK(std::signbit(values[4]));
    const scratch_file large("1,1e400\n");
    CHECK_THROWS_WITH(read_tokens(large.path),
                      large.path + ": '1e400' on line 1, column 2 is not a finite number");
    const scratch_file plus("1,+2\n"), two("1,2\n1 2,3\n"), words("1,\x1b[31mx\n");
    CHECK_THROWS_AS(read_tokens(plus.path), io_error);
    CHECK_THROWS_AS(read_tokens(two.path), io_error);
    CHECK_THROWS_WITH(read_tokens(words.path),
                      words.path + ": '\\x1b[31mx' on line 1, column 2 is not a finite number");
}
