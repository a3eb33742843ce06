// SPDX-License-Identifier: MIT
// try_texts RESULT.json...: replaces every text of every result, one after the other, by one
// that would leave the file `pwned` behind if any of it were run, and draws what is still a result.
// The folder must be empty. Prints how many texts were tried and how many of them were drawn.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/json_file.hpp>
#include <moebius/io/plots.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace {

using namespace moebius;
using json = nlohmann::ordered_json;

constexpr const char* hostile[] = {
    "`touch pwned` $(touch pwned) @pwned %s {/Bold ^2_3} system(\"touch pwned\") <script> &#x41; ",
    "'' . system('touch pwned') . '''' . system('touch pwned') . '\n!touch pwned\nEND\n!touch "
    "pwned\nset output '|touch "
    "pwned'\\",
    "pwned\" . system(\"touch pwned\") . \"\r\n`touch pwned`\"; !touch pwned # \\\"\\'"};

/// What a mutation is: the n-th text, counted over all keys and all values.
class replacer {
public:
    replacer(std::size_t which, const char* text) : left_(which), text_(text) {}

    [[nodiscard]] json changed(const json& value) {
        if (value.is_string()) return is_next() ? json(text_) : value;
        if (value.is_array() && !value.empty() && !value.front().is_number()) {
            json out = json::array();
            for (const auto& part : value) out.push_back(changed(part));
            return out;
        }
        if (!value.is_object()) return value;
        json out = json::object();
        for (const auto& [key, part] : value.items()) {
            const auto name = is_next() ? std::string(text_) : key;
            out[name] = changed(part);
        }
        return out;
    }
    [[nodiscard]] bool done() const { return done_; }

private:
    bool is_next() { return !done_ && (done_ = left_-- == 0); }

    std::size_t left_;
    const char* text_;
    bool done_ = false;
};

bool has_text(const figure& drawing) {
    const auto bad = [](const std::string& text) { return text.find("pwned") != text.npos; };
    bool found = bad(drawing.title) || bad(drawing.x_axis) || bad(drawing.y_axis);
    for (const auto& layer : drawing.layers) found = found || bad(layer.title);
    for (const auto& label : drawing.labels) found = found || bad(label.text);
    return found;
}

/// Whatever else is there was made by a text.
void check_folder() {
    const std::set<std::string> known{"changed.json", "drawn.svg"};
    for (const auto& entry : std::filesystem::directory_iterator("."))
        if (!known.contains(entry.path().filename().string()))
            throw std::runtime_error("there is a file " + entry.path().string());
}

/// Whether the text is seen: a label out of view is not.
bool is_in_picture() {
    const auto picture = read_file("drawn.svg");
    if (picture.find("<script") != picture.npos) throw std::runtime_error("a text is markup");
    return picture.find("pwned") != picture.npos;
}

/// The figures that would show the text; none if what came is refused, in a sentence.
std::vector<named_figure> figures_with_text(const json& document) {
    std::ofstream("changed.json") << document;
    try {
        auto figures = std::visit([](const auto& data) { return figures_of(data); },
                                  read_result("changed.json"));
        std::erase_if(figures, [](const auto& one) {
            return !has_text(one.drawing) || !has_points(one.drawing);
        });
        return figures;
    } catch (const moebius::error&) {
        return {};
    }
}

/// How many pictures show the text. None may be too much for gnuplot.
std::size_t draw(const json& document) {
    std::size_t shown = 0;
    for (const auto& one : figures_with_text(document)) {
        save_figure(one.drawing, "drawn.svg");
        if (is_in_picture()) ++shown;
    }
    check_folder();
    return shown;
}

void try_all(const std::string& file) {
    const auto document = json::parse(read_file(file));
    std::size_t tried = 0, drawn = 0;
    for (const char* text : hostile)
        for (std::size_t which = 0;; ++which) {
            replacer one(which, text);
            const auto changed = one.changed(document);
            if (!one.done()) break;
            ++tried;
            drawn += draw(changed);
        }
    std::printf("%s: %zu texts, %zu drawn\n", file.c_str(), tried, drawn);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        for (int i = 1; i < argc; ++i) try_all(argv[i]);
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "try_texts: %s\n", fault.what());
        return 1;
    }
}
