// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <moebius/plan/plan.hpp>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// What is told of each point in a journal: its number and its kept quantities, in the order of
/// sweep_plan::keep; or no values, and the sentence with which it failed.
using journal_visit = std::function<void(std::uint64_t index, std::span<const double> values,
                                         std::string_view failure)>;

/// What a journal says of itself.
struct journal_heading {
    std::string version;      ///< of the program
    std::string build;        ///< which one of that version; empty: any
    std::string host;         ///< where it was begun
    std::string inputs = {};  ///< the sums of the files that the command reads; empty: any
};

/// The points that one process has done, appended as they come; nothing in it is ever changed.
///
/// A file is a heading (8 bytes of magic, the length and CRC-32 of a JSON text and the CRC-32 of
/// these, 4 bytes each, then the text) and a record a point: its number (8 bytes, the machine's
/// order), the CRC-32 of the rest, 0 or the length of a sentence (4 each), then the values (8 bytes
/// each) or the sentence. A record goes to the system by one write: a process that is killed loses
/// the points that it was computing. What a power cut tears off the end is cut off when the file is
/// next opened, and done again.
class journal {
public:
    /// Opens or begins a journal, and holds it against other processes.
    /// @param visit  hears of the points that it has; may be empty
    /// @throws io_error  if another process writes it, it belongs to another plan, version, build
    ///                   or other input files, a record that is not the last cannot be read
    ///                   (nothing is cut then), or the file cannot be written
    journal(std::filesystem::path path, const sweep_plan& plan, const journal_heading& heading,
            const journal_visit& visit = {});
    journal(const journal&) = delete;
    journal& operator=(const journal&) = delete;
    ~journal();

    /// From any thread.
    /// @throws io_error  if the disk takes no more: the file then ends with the record before
    void add(std::uint64_t index, std::span<const double> values);
    void add_failure(std::uint64_t index, std::string_view sentence);

    /// What was added is on the disk.
    void sync();

    /// Removes the file if it was begun by this, which then writes to none.
    void discard() noexcept;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    void append(std::string_view record);

    std::filesystem::path path_;
    int fd_ = -1;
    std::uint64_t size_ = 0;
    bool begun_ = false;  ///< by this
    std::mutex one_at_a_time_;
};

/// Whether another process writes a journal now.
/// @throws io_error  if that cannot be told
[[nodiscard]] bool is_written(const std::filesystem::path& journal);

/// Every file of a folder that is named as a journal, in the order of names; none where there is no
/// folder.
/// @throws io_error  if the folder cannot be listed
[[nodiscard]] std::vector<std::filesystem::path> journals_in(const std::filesystem::path& folder);

/// Reads a journal that others may be writing: a torn end is left as it is.
/// @param heading  what it must say of itself; empty texts: anything
/// @return what it says
/// @throws io_error  as journal's constructor, less the writing
journal_heading read_journal(const std::filesystem::path& path, const sweep_plan& plan,
                             const journal_heading& heading, const journal_visit& visit);

/// The text of the plan that a journal belongs to; nothing where its process has just begun it.
/// @throws io_error  if it is no journal
[[nodiscard]] std::optional<std::string> plan_text_of(const std::filesystem::path& journal);

}  // namespace moebius
