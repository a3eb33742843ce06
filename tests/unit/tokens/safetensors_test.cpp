// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/tokens/gate.hpp>
#include <moebius/tokens/safetensors.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "scratch_file.hpp"

using namespace moebius;

namespace {

template <typename Number>
std::string bytes_of(const std::vector<Number>& values) {
    std::string out(values.size() * sizeof(Number), '\0');
    std::memcpy(out.data(), values.data(), out.size());
    return out;
}

std::string tensors(const std::string& header, const std::string& data) {
    return bytes_of<std::uint64_t>({header.size()}) + header + data;
}

std::string entry(const std::string& name, const std::string& type, const std::string& shape,
                  int begin, int end) {
    return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape +
           ",\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(end) + "]}";
}

std::string said_of(const std::string& file, const std::string& name = "") {
    const scratch_file one(file, ".safetensors");
    try {
        (void)read_safetensors(one.path, name);
    } catch (const io_error& error) {
        return std::string(error.what()).substr(one.path.size() + 2);
    }
    return "";
}

const token_table plane{3, 2, {1, 0, 0, 1, 2, 3}};

}  // namespace

TEST_CASE("each type of number in a safetensors file is read", "[gate][oracle]") {
    // 1, -2, 0.5 and the least half above 0, 2^-24, in each type (IEEE 754; bfloat16 2^-24 =
    // 0x3380)
    const std::string header =
        "{\"__metadata__\":{\"format\":\"pt\"}," + entry("a.f32", "F32", "[2,2]", 0, 16) + "," +
        entry("b.f16", "F16", "[4]", 16, 24) + ", " + entry("c.bf16", "BF16", "[4,1]", 24, 32) +
        "," + entry("d.f64", "F64", "[4]", 32, 64) + "," + entry("e.u8", "U8", "[3]", 64, 67) +
        "}   ";
    const std::vector<double> numbers{1, -2, 0.5, 0x1p-24};
    const scratch_file file(
        tensors(header, bytes_of<float>({1, -2, 0.5F, 0x1p-24F}) +
                            bytes_of<std::uint16_t>({0x3c00, 0xc000, 0x3800, 0x0001}) +
                            bytes_of<std::uint16_t>({0x3f80, 0xc000, 0x3f00, 0x3380}) +
                            bytes_of(numbers) + "abc"),
        ".safetensors");

    for (const std::string name : {"a.f32", "b.f16", "c.bf16", "d.f64"})
        CHECK(read_safetensors(file.path, name).values == numbers);
    CHECK(read_safetensors(file.path, "a.f32").shape == std::vector<std::size_t>{2, 2});
    CHECK(has_tensor(file.path, "e.u8"));
    CHECK_FALSE(has_tensor(file.path, "f"));
    CHECK_THROWS_WITH(read_safetensors(file.path, "e.u8"),
                      file.path + ": tensor 'e.u8' is of U8, but F32, F16, BF16 or F64 is needed");
}

TEST_CASE("a gate of a checkpoint is experts by features, with its biases", "[gate][oracle]") {
    const std::string weight = "layers.0.gate.weight", bias = "layers.0.gate.bias";
    const scratch_file file(tensors("{" + entry(weight, "F32", "[2,2]", 0, 16) + "," +
                                        entry(bias, "F32", "[2]", 16, 24) + "}",
                                    bytes_of<float>({1, 2, 3, 4, 10, 20})),
                            ".safetensors");
    const auto logits = [&](const std::string& gate) {
        return apply_gate(plane, {.gate = file.path + gate}).logits;
    };

    CHECK(logits(":" + weight) == std::vector<double>{11, 23, 12, 24, 18, 38});
    CHECK(logits(":" + weight + ",layout=features-by-experts") ==
          std::vector<double>{11, 22, 13, 24, 21, 36});
    CHECK_THROWS_WITH(logits(""), file.path +
                                      ": no tensor was named, but it has 2 tensors: "
                                      "FILE.safetensors:NAME names one, as " +
                                      weight);
    CHECK_THROWS_WITH(logits(":gate"), ContainsSubstring("'gate' was asked for"));
}

TEST_CASE("what is no safetensors file is refused with its place", "[gate][error]") {
    const auto one = entry("a", "F32", "[2]", 0, 8);
    const std::string data(8, '\0');
    CHECK(said_of(tensors("{" + one + "}", data)).empty());
    CHECK(said_of("abc") == "it has less than the 8 bytes of a header's length");
    CHECK(said_of(std::string(7, '\xff') + '\x7f') ==
          "its header has 9223372036854775807 bytes by the first 8, but the file has 0 and "
          "100000000 are the most");
    CHECK(said_of(tensors("{}", "")) == "it has no tensor");
    CHECK(said_of(tensors("[]", "")) == "header, byte 0: '{' was expected");
    const auto at = [](std::size_t byte, const std::string& rule) {
        return "header, byte " + std::to_string(byte) + ": " + rule;
    };
    CHECK(said_of(tensors("{" + one + "}x", data)) == at(one.size() + 2, "its end was expected"));
    CHECK(said_of(tensors("{" + one + "," + one + "}", data)) ==
          at(2 * one.size() + 2, "'a' comes twice"));
    const std::string brief = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}";
    CHECK(said_of(tensors(brief, data)) ==
          at(brief.size() - 1, "a tensor has dtype, shape and data_offsets [begin, end]"));
    CHECK(said_of(tensors("{\"a", data)) == "header, byte 3: a text has no end");
    CHECK(said_of(tensors("{" + one + "}", data.substr(1))) ==
          "its tensors have 8 bytes, but 7 follow the header");
    CHECK(said_of(tensors("{" + one + "," + entry("b", "F32", "[1]", 4, 8) + "}", data), "a") ==
          "its data have a hole or an overlap at byte 4");
    CHECK(said_of(tensors("{" + entry("a", "F32", "[3]", 0, 8) + "}", data)) ==
          "tensor 'a' has 8 bytes of data, but its shape needs another number");
    // sizes that wrap
    CHECK(said_of(tensors("{" + entry("a", "F32", "[4294967296,4294967296]", 0, 8) + "}", data)) ==
          "tensor 'a' has 8 bytes of data, but its shape needs another number");
}
