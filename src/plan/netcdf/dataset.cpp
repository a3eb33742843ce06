// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <iterator>
#include <limits>
#include <moebius/io/atomic_file.hpp>
#include <moebius/plan/dataset.hpp>
#include <utility>

#include "netcdf_library.hpp"

namespace moebius {
namespace {

/// The bytes of a file, as the library gives them.
struct file_bytes {
    NC_memio memory{};

    file_bytes() = default;
    file_bytes(const file_bytes&) = delete;
    file_bytes& operator=(const file_bytes&) = delete;
    ~file_bytes() { std::free(memory.memory); }
    [[nodiscard]] std::string_view text() const {
        return {static_cast<const char*>(memory.memory), memory.size};
    }
};

/// A file that is made in memory: HDF5 does not survive a kill, but write_file does.
class dataset {
public:
    explicit dataset(std::string name) : name_(std::move(name)) {
        check(nc_.create_mem(name_.c_str(), NC_NETCDF4, 0, &id_));
    }
    dataset(const dataset&) = delete;
    dataset& operator=(const dataset&) = delete;
    ~dataset() {
        if (id_ >= 0) nc_.abort(id_);
    }

    int dimension(const std::string& name, std::size_t size) {
        int out = -1;
        check(nc_.def_dim(id_, name.c_str(), size, &out));
        return out;
    }

    void text(const char* name, const std::string& value) {
        check(nc_.put_att_text(id_, NC_GLOBAL, name, value.size(), value.data()));
    }

    void add(const std::string& name, const std::vector<int>& over,
             const std::vector<double>& values) {
        constexpr double none = std::numeric_limits<double>::quiet_NaN();
        const int at = define(name, NC_DOUBLE, over);
        check(nc_.put_att_double(id_, at, "_FillValue", NC_DOUBLE, 1, &none));
        if (!values.empty()) check(nc_.put_var_double(id_, at, values.data()));
    }

    /// With the meanings of its values, as CF has it (conventions 1.10, section 3.5).
    void add_status(const std::vector<int>& over, const std::vector<signed char>& values) {
        constexpr signed char flags[] = {0, 1, 2};
        constexpr std::string_view meanings = "missing done failed";
        const int at = define("status", NC_BYTE, over);
        check(nc_.put_att_schar(id_, at, "flag_values", NC_BYTE, std::size(flags), flags));
        check(nc_.put_att_text(id_, at, "flag_meanings", meanings.size(), meanings.data()));
        if (!values.empty()) check(nc_.put_var_schar(id_, at, values.data()));
    }

    void add(const std::string& name, const std::vector<int>& over,
             const std::vector<unsigned long long>& values) {
        const int at = define(name, NC_UINT64, over);
        if (!values.empty()) check(nc_.put_var_ulonglong(id_, at, values.data()));
    }

    void add(const std::string& name, const std::vector<int>& over,
             const std::vector<const char*>& texts) {
        auto values = texts;  // the interface takes what it could change
        const int at = define(name, NC_STRING, over);
        if (!values.empty()) check(nc_.put_var_string(id_, at, values.data()));
    }

    void close(file_bytes& to) { check(nc_.close_memio(std::exchange(id_, -1), &to.memory)); }

private:
    int define(const std::string& name, nc_type type, const std::vector<int>& over) {
        int out = -1;
        check(
            nc_.def_var(id_, name.c_str(), type, static_cast<int>(over.size()), over.data(), &out));
        return out;
    }

    void check(int code) const { nc_.check(code, name_); }

    const netcdf_library& nc_ = netcdf();
    std::string name_;
    int id_ = -1;
};

/// Axes as dimensions; a point's number is then its place.
std::vector<int> add_grid(dataset& to, const sweep_plan& plan) {
    std::vector<int> over;
    for (std::size_t axis = 0; axis < plan.axes.size(); ++axis) {
        std::vector<double> values(plan.axis_size(axis));
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = plan.axis_value(axis, i);
        over.push_back(to.dimension(plan.axes[axis].name, values.size()));
        to.add(plan.axes[axis].name, {over.back()}, values);
    }
    if (!plan.seeds.empty()) {
        over.push_back(to.dimension("seed", plan.seeds.size()));
        to.add("seed", {over.back()},
               std::vector<unsigned long long>(plan.seeds.begin(), plan.seeds.end()));
    }
    return over;
}

/// One dimension, whose coordinate is the points' numbers. Axes and seeds are variables along it:
/// those are named as coordinates, too.
std::vector<int> add_list(dataset& to, const table& rows, const sweep_plan& plan) {
    const auto& numbers = rows.at("point");
    const std::vector<int> over{to.dimension("point", numbers.size())};
    to.add("point", over, std::vector<unsigned long long>(numbers.begin(), numbers.end()));
    std::vector<std::string> names;
    for (const auto& axis : plan.axes) {
        names.push_back(axis.name);
        to.add(axis.name, over, rows.at(axis.name));
    }
    if (!plan.seeds.empty()) {
        const auto& seeds = rows.at(names.emplace_back("seed"));
        to.add("seed", over, std::vector<unsigned long long>(seeds.begin(), seeds.end()));
    }
    to.text("coordinates", fmt::format("{}", fmt::join(names, " ")));
    return over;
}

void add_failures(dataset& to, const plan_rows& rows) {
    if (rows.failed.empty()) return;
    std::vector<unsigned long long> points;
    std::vector<const char*> sentences;
    for (const auto& [index, sentence] : rows.failed) {
        points.push_back(index);
        sentences.push_back(sentence.c_str());
    }
    const std::vector<int> over{to.dimension("failed", points.size())};
    to.add("failed_point", over, points);
    to.add("failure", over, sentences);
}

void add_grid_values(dataset& to, const sweep_plan& plan, const plan_rows& rows,
                     const std::vector<int>& over) {
    const std::size_t kept = plan.keep.size();
    for (std::size_t k = 0; k < kept; ++k) {
        std::vector<double> values(plan.points(), std::numeric_limits<double>::quiet_NaN());
        for (std::size_t row = 0; row < rows.index.size(); ++row)
            values[rows.index[row]] = rows.values[row * kept + k];
        to.add(plan.keep[k].name, over, values);
    }
    std::vector<signed char> status(plan.points(), 0);
    for (const auto index : rows.index) status[index] = 1;
    for (const auto& [index, sentence] : rows.failed) status[index] = 2;
    to.add_status(over, status);
}

void add_list_values(dataset& to, const sweep_plan& plan, const table& rows,
                     const std::vector<int>& over) {
    for (const auto& one : plan.keep) to.add(one.name, over, rows.at(one.name));
    const auto& status = rows.at("status");
    to.add_status(over, std::vector<signed char>(status.begin(), status.end()));
}

}  // namespace

void write_dataset(const std::filesystem::path& path, const sweep_plan& plan,
                   const plan_rows& rows) {
    dataset made(path.string());
    made.text("title", "moebius sweep");
    made.text("moebius_version", rows.version);
    made.text("moebius_build", rows.build);
    made.text("moebius_plan", plan.text);
    made.text("moebius_inputs", rows.inputs);
    made.text("hosts", fmt::format("{}", fmt::join(rows.hosts, " ")));
    if (is_listed(plan)) {
        const auto listed = table_of(plan, rows);
        add_list_values(made, plan, listed, add_list(made, listed, plan));
    } else {
        add_grid_values(made, plan, rows, add_grid(made, plan));
    }
    add_failures(made, rows);
    file_bytes bytes;
    made.close(bytes);
    write_file(path, bytes.text(), durability::synced);
}

bool has_dataset() noexcept { return true; }

}  // namespace moebius
