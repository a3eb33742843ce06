// SPDX-License-Identifier: MIT
#include "event_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <set>
#include <system_error>

#include "column.hpp"
#include "load_names.hpp"
#include "log_builder.hpp"

namespace moebius {
namespace {

namespace fs = std::filesystem;

/// The folders within it that have files of events, and those files.
std::pair<std::set<std::string>, std::vector<std::string>> files_below(const std::string& path) {
    std::set<std::string> folders;
    std::vector<std::string> files;
    std::error_code failed;
    for (fs::recursive_directory_iterator next(path, failed), end; !failed && next != end;
         next.increment(failed)) {
        const auto& one = next->path();
        if (one.filename().string().find("tfevents") == std::string::npos) continue;
        if (next.depth() == 0)
            files.push_back(one.string());
        else
            folders.insert(one.parent_path().lexically_relative(path).string());
    }
    if (failed) throw io_error(path, failed.message());
    return {folders, files};
}

}  // namespace

bool is_folder(const std::string& path) {
    std::error_code failed;
    return fs::is_directory(path, failed);
}

event_folder read_event_folder(const std::string& path) {
    auto [folders, files] = files_below(path);
    for (const auto& one : folders)
        if (expert_name_of(one))
            throw io_error(path, fmt::format("its folder '{}' is by its name of one expert, as "
                                             "add_scalars writes a run each, but the loads of all "
                                             "are needed in one: add_scalar with the expert in "
                                             "the tag, or numpy.savez of what EventAccumulator "
                                             "reads of each",
                                             excerpt(one)));
    if (files.empty()) {
        std::string names;
        for (const auto& one : folders) add_name(names, one);
        throw io_error(path, names.empty()
                                 ? "it is a folder without TensorBoard's event files, but the "
                                   "files of a log are needed"
                                 : fmt::format("it is a folder of several runs, but a log is of "
                                               "one: one of {} is needed",
                                               names));
    }
    std::sort(files.begin(), files.end(), come_in_order);
    return {std::move(files), {folders.begin(), folders.end()}};
}

}  // namespace moebius
