// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace moebius {

/// What a folder that TensorBoard shows has.
struct event_folder {
    std::vector<std::string> files;   ///< of events, in order of their names, which have the time
    std::vector<std::string> others;  ///< folders within it that have such files: other runs
};

[[nodiscard]] bool is_folder(const std::string& path);

/// @throws io_error  for a folder that has no files of events, or has folders of one expert each,
/// as SummaryWriter.add_scalars writes them
[[nodiscard]] event_folder read_event_folder(const std::string& path);

}  // namespace moebius
